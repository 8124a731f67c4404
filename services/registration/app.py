"""Registration as a process: `uvicorn --factory services.registration.app:create_app`."""

from faststream.asgi import AsgiFastStream

from services.kernel import directory
from services.kernel.config import Settings
from services.kernel.service import Service
from services.registration.delegations import events as delegations
from services.registration.delegations import handlers as on_delegations
from services.registration.delegations import repository as delegation_documents
from services.registration.models import events as models
from services.registration.models import handlers as on_models
from services.registration.models import repository as model_documents
from services.registration.organisations import events as organisations
from services.registration.organisations import handlers as on_organisations
from services.registration.units import events as units
from services.registration.units import handlers as on_units

INDEXES = {**directory.INDEXES, **model_documents.INDEXES, **delegation_documents.INDEXES}


def create_app(settings: Settings | None = None) -> AsgiFastStream:
    service = Service("registration", settings or Settings())

    service.does(units.RecordUnits, on_units.record_units)
    service.tells(units.UnitsOnDay, on_units.units_on_day)
    service.tells(units.UnitWithCode, on_units.unit_with_code)
    service.tells(units.ChildUnits, on_units.child_units)

    service.does(organisations.RegisterOrganisation, on_organisations.register_organisation)
    service.tells(organisations.OrganisationsById, on_organisations.organisations_by_id)

    service.does(delegations.DelegateRole, on_delegations.delegate_role)
    service.does(delegations.RevokeDelegation, on_delegations.revoke_delegation)
    service.tells(delegations.DelegationsPage, on_delegations.delegations_page)
    service.tells(delegations.DelegationsById, on_delegations.delegations_by_id)
    service.tells(delegations.GrantsDelegated, on_delegations.grants_delegated)

    service.does(models.DraftModel, on_models.draft_model)
    service.does(models.SubmitModel, on_models.submit_model)
    service.does(models.ReturnModel, on_models.return_model)
    service.does(models.AcceptModel, on_models.accept_model)
    service.does(models.RecordContribution, on_models.record_contribution)
    service.tells(models.ModelsPage, on_models.models_page)
    service.tells(models.ModelsById, on_models.models_by_id)

    return service.app()
