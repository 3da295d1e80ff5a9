"""The tasks of this floor. Every one looks for rows that need work: run twice, late or never, none loses any."""

from __future__ import annotations

from celery import shared_task

from community.queue import nudge_heard

from .services.building import build_export as build
from .services.building import exports_waiting, remove_old_files
from .services.checks import DRAIN, GATHER, drain_rooms
from .services.erasure import erase_requested
from .services.evidence import fill_windows
from .services.ledgers import forget_ledgers
from .services.measures import end_due_measures
from .services.paging import send_due_pages, show_unseen_cards
from .services.reminders import send_reminders
from .services.replays import TASK as REPLAY
from .services.replays import replays_waiting
from .services.replays import run_replay as run
from .services.retention import run_retention
from .services.rule_moves import retire_expired
from .services.steering import count_today, forget_figures, judge_rules, watch_in_force
from .services.transparency import sign_months


@shared_task(name=DRAIN)
def drain() -> None:
    """Check what waits. A message stored from here on asks for the next drain."""
    nudge_heard(DRAIN)
    drain_rooms(gather=GATHER)


@shared_task(name="safeguarding.tasks.sweep")
def sweep() -> None:
    """The same, by the clock, whatever was or was not asked: what a lost nudge or a dead worker left behind."""
    drain_rooms(gather=GATHER)


@shared_task(name="safeguarding.tasks.page")
def page() -> None:
    """Call the officers about what is due, and tell people at risk where nobody has looked."""
    send_due_pages()
    show_unseen_cards()


@shared_task(name="safeguarding.tasks.remind")
def remind() -> None:
    """Remind officers of reviews, transmissions, orders and holds whose time comes."""
    send_reminders()


@shared_task(name="safeguarding.tasks.fill_windows")
def fill() -> None:
    """Freeze what was said after the anchors of cases."""
    fill_windows()


@shared_task(name="safeguarding.tasks.end_measures")
def end_measures() -> None:
    """End the protective measures that have run their time."""
    end_due_measures()


@shared_task(name="safeguarding.tasks.forget")
def forget() -> None:
    """Forget the engine's memory of those who have been silent for months."""
    forget_ledgers()
    forget_figures()


@shared_task(name="safeguarding.tasks.retain")
def retain() -> None:
    """Every night: let go of what has outlived its term."""
    run_retention(dry_run=False)


@shared_task(name="safeguarding.tasks.sign_months")
def sign_figures() -> None:
    """Once a day: sign the counts of a month that is over."""
    sign_months()


@shared_task(name="safeguarding.tasks.erase")
def erase() -> None:
    """Go on with what members asked to be erased, and with what a case has let go of since."""
    erase_requested()


@shared_task(name="safeguarding.tasks.build_export")
def build_export(export_pk: int) -> None:
    """Build one dossier, if nobody else does."""
    build(export_pk=export_pk)


@shared_task(name="safeguarding.tasks.build_exports")
def build_exports() -> None:
    """Build what a lost nudge or a dead worker left behind, and remove files that have lain long enough."""
    for export_pk in exports_waiting():
        build(export_pk=export_pk)
    remove_old_files()


@shared_task(name=REPLAY)
def run_replay(replay_pk: int) -> None:
    """Try a candidate on what was said, if nobody else does."""
    run(replay_pk=replay_pk)


@shared_task(name="safeguarding.tasks.rules")
def rules() -> None:
    """See that the rules in force are usable, retire the expressions whose time is over, and run the replays that a
    lost nudge or a dead worker left."""
    watch_in_force()
    retire_expired()
    for replay_pk in replays_waiting():
        run(replay_pk=replay_pk)


@shared_task(name="safeguarding.tasks.steer_rules")
def steer_rules() -> None:
    """Take back what people keep finding wrong, and say when a rule suddenly meets more or fewer members."""
    judge_rules()
    count_today()
