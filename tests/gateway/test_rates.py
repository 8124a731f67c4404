"""Buckets refill with time, hold the budget of `BURST` seconds at most, and are limited in number."""

import pytest

from gateway.callers.rates import Buckets, Rates, Taken, address, network, networks

RATE = 240
"""4 a second; a bucket holds 60."""


def test_caller_over_budget_waits_until_the_bucket_refills() -> None:
    rates = Rates(0)
    assert rates.take("a", "x", RATE, 50, now=0.0) == Taken(10)
    assert rates.take("a", "x", RATE, 40, now=0.0) == Taken(0)
    refused = rates.take("a", "x", RATE, 1, now=0.0)
    assert refused.retry_after == pytest.approx(31 / 4)
    assert rates.take("a", "x", RATE, 1, now=7.0).retry_after > 0
    assert rates.take("a", "x", RATE, 1, now=8.0).retry_after == 0


def test_refused_request_takes_nothing() -> None:
    rates = Rates(0)
    rates.take("a", "x", RATE, 60, now=0.0)
    for _ in range(100):
        assert rates.take("a", "x", RATE, 60, now=0.0).retry_after == pytest.approx(1 / 4)


def test_bucket_holds_a_quarter_of_a_minute() -> None:
    rates = Rates(0)
    rates.take("a", "x", RATE, 10, now=0.0)
    assert rates.take("a", "x", RATE, 0, now=3600.0) == Taken(60)


def test_callers_have_separate_buckets() -> None:
    rates = Rates(0)
    rates.take("a", "x", RATE, 100, now=0.0)
    assert rates.take("b", "x", RATE, 10, now=0.0) == Taken(50)


def test_callers_of_one_address_share_its_bucket() -> None:
    rates = Rates(400)
    assert rates.take("a", "10.0.0.1", RATE, 50, now=0.0) == Taken(10)
    assert rates.take("b", "10.0.0.1", RATE, 50, now=0.0) == Taken(10)
    assert rates.take("c", "10.0.0.1", RATE, 1, now=0.0).retry_after > 0
    assert rates.take("c", "10.0.0.2", RATE, 1, now=0.0) == Taken(59)


def test_rate_of_zero_means_no_limit() -> None:
    rates = Rates(0)
    assert rates.take("a", "x", 0, 10**9, now=0.0) == Taken(None)
    assert rates.take("a", "x", 0, 1, now=0.0) == Taken(None)


def test_number_of_buckets_is_bounded() -> None:
    buckets = Buckets(remembered=3)
    for name in ("a", "b", "c", "d"):
        buckets.put(name, 0.0, 0.0)
    assert len(buckets) == 3
    assert buckets.level("a", RATE, 0.0) == 60
    assert buckets.level("d", RATE, 0.0) == 0


def test_addresses_of_one_ipv6_network_share_a_bucket() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("::ffff:10.0.0.1") == network("10.0.0.1")
    assert network("a socket") == "a socket"


def test_forwarded_address_is_believed_from_trusted_proxies_only() -> None:
    trusted = networks("10.0.0.0/8, fd00::/8")
    assert address("192.0.2.1", ["198.51.100.7"], trusted) == "192.0.2.1"
    assert address("10.0.0.1", ["198.51.100.7"], trusted) == "198.51.100.7"
    assert address("10.0.0.1", ["1.1.1.1, 198.51.100.7, 10.0.0.2"], trusted) == "198.51.100.7"
    assert address("10.0.0.1", ["1.1.1.1", "198.51.100.7"], trusted) == "198.51.100.7"
    assert address("10.0.0.1", ["rubbish"], trusted) == "10.0.0.1"
    assert address("10.0.0.1", [], trusted) == "10.0.0.1"
    assert address("10.0.0.1", ["10.0.0.9, 10.0.0.2"], trusted) == "10.0.0.9"
    assert address("10.0.0.1", ["198.51.100.7"], ()) == "10.0.0.1"


def test_invalid_network_is_named() -> None:
    assert networks("") == ()
    with pytest.raises(ValueError, match="everywhere"):
        networks("everywhere")
