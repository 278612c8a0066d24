import pytest

from bot.errors import SettingsError
from bot.jobs import Jobs
from bot.settings import Settings
from bot.waybills.access import GuessLimit
from bot.waybills.source import InMemoryWaybillSource
from connectors.tracking.assembly import Tracking, track_elsewhere

KUAIDI100 = {"kuaidi100_customer": "CUST0001", "kuaidi100_key": "KEYabc123", "kuaidi100_salt": "SALTsalt"}
SF = {"sf_partner_id": "PARTNER1", "sf_checkword": "checkcheck"}


@pytest.fixture
def put_together(database, clock, tmp_path):
    made: list[Tracking] = []

    def make(**given) -> Tracking | None:
        settings = Settings(data_dir=tmp_path, **given)
        tracking = track_elsewhere(settings, database, clock, Jobs(database), InMemoryWaybillSource(), GuessLimit())
        if tracking is not None:
            made.append(tracking)
        return tracking

    return make


def paths(tracking: Tracking) -> list[str]:
    return [route.path for router in tracking.routers for route in router.routes]


def test_with_nothing_set_there_is_nothing(put_together):
    assert put_together() is None


def test_each_service_can_be_used_alone_and_both_together(put_together):
    assert paths(put_together(**KUAIDI100)) == ["/webhooks/kuaidi100"]
    assert paths(put_together(**SF)) == []
    both = put_together(**KUAIDI100, **SF, sf_push_token="a-long-random-text")
    assert paths(both) == ["/webhooks/kuaidi100", "/webhooks/sf/{token}"]


@pytest.mark.parametrize("missing", sorted(KUAIDI100))
def test_kuaidi100_by_half_is_refused_the_salt_above_all(put_together, missing):
    with pytest.raises(SettingsError):
        put_together(**{name: value for name, value in KUAIDI100.items() if name != missing})


@pytest.mark.parametrize(
    "given",
    [
        {"sf_partner_id": "PARTNER1"},
        {"sf_checkword": "checkcheck"},
        {**SF, "sf_push_token": "short"},
        {**SF, "sf_register_routes": True},
    ],
)
def test_sf_by_half_is_refused(put_together, given):
    with pytest.raises(SettingsError):
        put_together(**given)


def test_no_secret_shows_when_settings_are_printed():
    shown = repr(Settings(**KUAIDI100, **SF, sf_push_token="a-long-random-text"))

    assert not [secret for secret in ("KEYabc123", "SALTsalt", "checkcheck", "a-long-random-text") if secret in shown]
