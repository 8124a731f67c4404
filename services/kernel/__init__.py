"""The kernel: machinery that at least two services need, and nothing of any feature.

Rules of the kernel:

- A part enters when a second service needs it. There is no `common` and no `utils`.
- It imports nothing of ours: no service, no gateway, no infra. It knows no aggregate, no figure and no screen.
- Values do no I/O: `messages` `words` `text` `kinds` `calendar` `units` `caller` `aggregate` `inputs` `rows`.
- `mongo` is the only package that imports the database driver; `log`, `messaging`, `search` and `sheets` build on it.
- `config`, `credentials`, `telemetry`, `process` and `service` make one operating-system process of one service.
"""
