"""Plugins and configuration through the Control port: look, validate, reload or not (E4)."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from hexdesk.application.risk.engine import RiskEngine
from hexdesk.application.risk.office import RiskOffice
from hexdesk.application.risk.plan import RiskPlan
from hexdesk.domain.risk import RiskChanged, RiskSetting
from hexdesk.plugin import StrategyContext
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_approvals import ApproveCall
from hexdesk.ports.control_configuration import (
    ChangeInfo,
    GetConfiguration,
    GetPlugin,
    ListConfigurationRevisions,
    ListPlugins,
    PluginInfo,
    ReloadConfiguration,
    ReloadPlan,
    RollbackConfiguration,
    ValidateConfiguration,
)
from hexdesk.ports.control_requests import GetStrategy
from hexdesk.ports.control_strategies import LoadStrategy
from hexdesk.ports.workshop import StrategyDraft
from hexdesk.testing.broker_bench import INSTRUMENT
from hexdesk.testing.configuration import FakeKeeper
from hexdesk.testing.workshop import FakeWorkshop
from tests.core.application.control.rig import ADMIN, ControlRig
from tests.core.application.loads import Keeper
from tests.core.application.replayed import assert_replayed

CHANGE = ChangeInfo(path="strategies.x.settings.size", before="1", after="2", needs_restart=False)


class Site:
    """A desk with two loaded strategies, and files that a test changes."""

    def __init__(self) -> None:
        self.rig = ControlRig()
        self.rig.start()
        self.keepers: dict[str, Keeper] = {}
        self.rig.runtime.workshop = FakeWorkshop(keeper=self.make)
        self.files = self.rig.runtime.configuration = FakeKeeper()
        for name in ("one", "two"):
            self.rig.tell(
                LoadStrategy(
                    strategy_id=name,
                    plugin="keeper",
                    instrument_ids=(INSTRUMENT.id,),
                    settings={"size": 1},
                )
            )

    def make(self, context: StrategyContext, settings: Mapping[str, object]) -> Keeper:
        keeper = Keeper(context)
        if settings.get("size") == "unreadable":
            keeper.restore_state = _raise  # type: ignore[method-assign]
        self.keepers[context.strategy_id] = keeper
        return keeper

    def size_of(self, name: str) -> object:
        workshop = self.rig.runtime.workshop
        assert workshop is not None
        draft = workshop.draft_of(name)
        return None if draft is None else draft.settings["size"]


def _raise(state: dict[str, object], version: int) -> None:
    raise ValueError(state, version)


def draft(name: str, size: object, **fields: object) -> StrategyDraft:
    made = StrategyDraft(
        strategy_id=name,
        plugin="keeper",
        broker="venue",
        instrument_ids=(INSTRUMENT.id,),
        settings={"size": size},
    )
    return replace(made, **fields)


def test_a_reload_changes_adds_and_removes_together() -> None:
    site = Site()
    rig = site.rig
    site.files.plan = ReloadPlan(
        changes=(CHANGE,), added=(draft("new", 5),), changed=(draft("one", 2),), removed=("two",)
    )
    assert rig.ask(ValidateConfiguration()).changes == (CHANGE,)
    tried = rig.tell(ReloadConfiguration(dry_run=True))
    assert (tried.revision, site.size_of("one")) == (0, 1)
    done = rig.tell(ReloadConfiguration(reason="evening", expected_version=1))
    assert (done.revision, done.changes) == (2, (CHANGE,))
    assert (site.size_of("one"), site.size_of("new"), site.size_of("two")) == (2, 5, None)
    states = {name: rig.ask(GetStrategy(strategy_id=name)).state for name in ("one", "new", "two")}
    assert states == {"one": "loaded", "new": "running", "two": "unloaded"}
    assert rig.desk.plans["one"].latest.by == "ann"
    assert [each.reason for each in rig.ask(ListConfigurationRevisions())] == ["evening"]
    assert rig.ask(GetConfiguration()).version == 2
    assert_replayed(rig, len(rig.records) // 2)


def test_an_earlier_configuration_is_applied_again_by_number() -> None:
    site = Site()
    site.files.plan = ReloadPlan(changes=(CHANGE,), changed=(draft("one", 2),))
    assert site.rig.tell(ReloadConfiguration()).revision == 2
    site.files.plan = ReloadPlan(changes=(CHANGE,), changed=(draft("one", 3),))
    assert site.rig.tell(ReloadConfiguration()).revision == 3
    assert site.rig.tell(RollbackConfiguration(revision=2, reason="back")).revision == 4
    assert (site.size_of("one"), site.files.adopted[-1][1:]) == (2, ("ann", "back"))
    with pytest.raises(ControlError) as caught:
        site.rig.tell(RollbackConfiguration(revision=0))
    assert caught.value.reason is Reason.FIELD_INVALID


@pytest.mark.parametrize(
    "bad",
    [
        draft("two", "unreadable"),
        draft("two", 2, plugin="unknown"),
        draft("two", 2, broker="elsewhere"),
        draft("two", 2, instrument_ids=("NO.WHERE",)),
    ],
    ids=["state", "plugin", "broker", "instrument"],
)
def test_one_bad_change_keeps_all_others_from_being_made(bad: StrategyDraft) -> None:
    site = Site()
    site.files.plan = ReloadPlan(changes=(CHANGE,), changed=(draft("one", 2), bad))
    records = len(site.rig.records)
    with pytest.raises(ControlError):
        site.rig.tell(ReloadConfiguration())
    assert (site.size_of("one"), site.size_of("two")) == (1, 1)
    assert (len(site.rig.records), site.files.adopted) == (records, [])


def test_what_needs_a_restart_is_refused_by_name() -> None:
    site = Site()
    fixed = replace(CHANGE, path="desk.mode", needs_restart=True)
    site.files.plan = ReloadPlan(changes=(CHANGE, fixed), changed=(draft("one", 2),))
    with pytest.raises(ControlError, match=r"only a restart changes desk\.mode") as caught:
        site.rig.tell(ReloadConfiguration())
    assert caught.value.reason is Reason.STATE_WRONG
    assert site.size_of("one") == 1


def test_a_version_that_is_gone_is_refused() -> None:
    site = Site()
    site.files.plan = ReloadPlan(changes=(CHANGE,))
    with pytest.raises(ControlError) as caught:
        site.rig.tell(ReloadConfiguration(expected_version=7))
    assert caught.value.reason is Reason.VERSION_CONFLICT


def test_where_nothing_changed_nothing_is_done() -> None:
    site = Site()
    assert site.rig.tell(ReloadConfiguration()).revision == 0
    assert not site.files.adopted


def test_plugins_are_listed_in_pages_and_found_by_name() -> None:
    site = Site()
    for name in ("sim", "grpc", "ema_cross"):
        site.files.installed[name] = PluginInfo(
            name=name, kinds=(), distribution="d 1", summary="", contract_version=1, used_by=(),
            problem="",
        )  # fmt: skip
    page = site.rig.ask(ListPlugins(page_size=2))
    rest = site.rig.ask(ListPlugins(page_size=2, page_token=page.next_page_token))
    assert [each.name for each in (*page.items, *rest.items)] == ["ema_cross", "grpc", "sim"]
    assert site.rig.ask(GetPlugin(name="sim")).name == "sim"
    with pytest.raises(ControlError) as caught:
        site.rig.ask(GetPlugin(name="none"))
    assert caught.value.reason is Reason.RESOURCE_UNKNOWN


# --------------------------------------------------------------------------------------------------
# Risk


def limited(**fields: str) -> tuple[RiskSetting, ...]:
    return tuple(RiskSetting("limits", key, value) for key, value in fields.items())


def test_limits_are_reloaded_and_journalled_and_the_files_win_after_a_restart() -> None:
    site = Site()
    rig = site.rig
    site.files.plan = ReloadPlan(changes=(CHANGE,), risk=limited(order_quantity_max="5"))
    assert rig.tell(ReloadConfiguration(dry_run=True)).revision == 0
    assert rig.desk.limits.default.order_quantity_max == "unlimited"
    assert rig.tell(ReloadConfiguration()).revision == 2
    assert rig.desk.limits.default.order_quantity_max == "5"
    (note,) = (each for each in rig.records if isinstance(each, RiskChanged))
    assert (note.by, note.reason, note.is_configured) == ("ann", "the configuration", True)
    assert_replayed(rig, len(rig.records) // 2)
    fresh = RiskOffice(rig.desk, RiskEngine(rig.desk, RiskPlan(rules={})))
    assert fresh.engine.plan.limits.order_quantity_max == "unlimited", "what the files say holds"


def test_a_looser_limit_wants_a_reason_and_where_it_is_so_a_second_person() -> None:
    site = Site()
    rig = site.rig
    rig.office.engine.plan = replace(rig.office.engine.plan, confirms_looser=True)
    site.files.plan = ReloadPlan(changes=(CHANGE,), risk=limited(order_quantity_max="5"))
    rig.tell(ReloadConfiguration())
    site.files.plan = ReloadPlan(changes=(CHANGE,), risk=limited(order_quantity_max="9"))
    with pytest.raises(ControlError, match="a limit of risk becomes looser"):
        rig.tell(ReloadConfiguration())
    wanted = ReloadConfiguration(reason="calm")
    with pytest.raises(ControlError) as caught:
        rig.tell(wanted)
    assert caught.value.reason is Reason.APPROVAL_REQUIRED
    assert site.files.values().version == 2
    ben = replace(ADMIN, subject="ben")
    rig.tell(ApproveCall(number=1), ben)
    assert rig.tell(wanted).revision == 3
    assert rig.desk.limits.default.order_quantity_max == "9"
    assert [each.confirmed_by for each in rig.records if isinstance(each, RiskChanged)] == [
        "",
        "ben",
    ]


def test_one_bad_limit_keeps_everything_as_it_was() -> None:
    site = Site()
    site.files.plan = ReloadPlan(
        changes=(CHANGE,),
        changed=(draft("one", 2),),
        risk=limited(order_quantity_max="5", open_orders_max="many"),
    )
    records = len(site.rig.records)
    with pytest.raises(ControlError) as caught:
        site.rig.tell(ReloadConfiguration())
    assert caught.value.reason is Reason.CONFIG_INVALID
    assert (len(site.rig.records), site.files.adopted, site.size_of("one")) == (records, [], 1)


def test_each_value_that_needs_a_restart_is_named_with_its_reason() -> None:
    site = Site()
    fixed = replace(CHANGE, needs_restart=True)
    site.files.plan = ReloadPlan(
        changes=(
            replace(fixed, path="desk.mode", restart_reason="it is what the desk is"),
            replace(fixed, path="desk.name", restart_reason="it is what the desk is"),
            replace(fixed, path="feeds.x.speed", restart_reason="markets hang on it"),
        )
    )
    text = r"desk\.mode, desk\.name \(it is what the desk is\); feeds\.x\.speed \(markets"
    with pytest.raises(ControlError, match=text):
        site.rig.tell(ReloadConfiguration())
