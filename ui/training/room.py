"""The training room that all pages share: hyper-parameters, start and stop, curves, pictures that form, souvenirs.

Buttons stand outside of the fragment that polls; the fragment runs again by itself only while something is going on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import streamlit as st

from ui import assets, figures, visitor
from ui.training import curves, forming
from ui.training.jobs import Job, Snapshot, Task
from ui.training.workers import workers

POLL_SECONDS = 0.6
VIEW_SECONDS = 1.8  # a stage takes new weights in a tenth of a second, and should not do so all the time


@dataclass(frozen=True)
class Control:
    """One hyper-parameter as a visitor meets it."""

    name: str
    label: str
    options: Sequence = ()  # of a "scale" (ordered values) or a "choice" (names)
    default: Any = None
    kind: Literal["scale", "choice", "switch", "whole number"] = "scale"
    help: str = ""
    live: bool = False  # may be moved while the training runs; then it is a field of the trainer
    names: Mapping[Any, str] | None = None  # option -> how it is written
    group: str = ""  # what it changes; controls of a group stand together
    minor: bool = False  # folded away at first

    def written(self, value: Any) -> str:
        """A value as it stands on the screen, and in the address."""
        if self.kind == "switch":
            return str(value).lower()
        if self.names and value in self.names:
            return self.names[value]
        return f"{value:g}" if self.kind == "scale" else str(value)


# What every family asks alike.
IMAGES = Control(
    "data", "Images", ("mnist", "fashion"), "mnist", "choice", group="Data",
    names={"mnist": "Digits (MNIST)", "fashion": "Clothes (Fashion-MNIST)"},
)  # fmt: skip
SEED = Control("seed", "Seed", (1, 10**6), 1, "whole number", minor=True, help="The same seed gives the same training.")


def training_room(
    page: str,
    *,
    controls: Sequence[Control],
    make_task: Callable[[dict[str, Any]], Task],
    plots: Sequence[figures.Plot],
    particles: str = "What the model dreams",
    filters: tuple[str, str] | None = None,
    view: Callable[[Snapshot, str], None] | None = None,
    live: Callable[[dict[str, Any], Any], dict[str, Any]] | None = None,
    steps: Mapping[str, Mapping[str, Any]] = MappingProxyType({"One step": {}}),
    invitation: str = "",
) -> Snapshot | None:
    """Draw the room; the last snapshot of this visitor's training on this page, if there is one.

    make_task: what the visitor set (by the controls' names) -> Task; a ValueError becomes a sentence beside the button.
    filters: (title, tensor of shape (num_visible, num_hidden)) to show as pictures. view: draws the page's own stage,
    below, from a snapshot and the URL of its weights. live: (settings, trainer) -> the trainer's fields to change while
    it runs, where the live controls are not such fields by name. steps: what a single update within a pause is called ->
    fields of the trainer for this update. invitation: what will be seen, while there is nothing.
    """
    owner, job = visitor.token(), st.session_state.get(f"{page}_job")
    now = job.snapshot if job is not None else None  # one look for the whole run: buttons and polling must agree
    with st.container(key=f"{page}_training_room"):
        buttons = st.container(horizontal=True, vertical_alignment="center", key=f"{page}_training_buttons")
        left, right = st.columns([2, 5], gap="medium")
        with left:
            settings = _draw_controls(page, controls, busy=now is not None and not now.ended)
            _draw_buttons(buttons, page, owner, job, now, settings, make_task, steps)
            if now is not None and not now.ended:
                _apply_live(job, controls, settings, live)
        with right:
            if job is None:
                st.info(
                    invitation or "Nothing has been trained yet: press Train and watch.", icon=":material/play_circle:"
                )
                data = settings.get("data", "mnist")
                if filters:
                    forming.preview(data, filters=filters, pretrained=f"{page}-{data}", key=f"{page}_preview")
                return None
            polling = not now.resting
            watch = st.fragment(_watch, run_every=POLL_SECONDS if polling else None)
            watch(page, job, plots, particles, filters, polling)
            if now.resting and now.weights:
                _draw_souvenirs(page, job)
        if view is not None:
            st.fragment(_watch_view, run_every=VIEW_SECONDS if polling else None)(job, view)
    return job.snapshot


def _draw_controls(page: str, controls: Sequence[Control], *, busy: bool) -> dict[str, Any]:
    """All controls, grouped by what they change, the minor ones folded away; what they are set to."""
    settings = {}
    for group in dict.fromkeys(control.group for control in controls if not control.minor):
        if group:
            st.markdown(f"**{group}**")
        for control in controls:
            if control.group == group and not control.minor:
                settings[control.name] = _draw_control(page, control, disabled=busy and not control.live)
    if any(control.minor for control in controls):
        with st.expander("More settings"):
            for control in controls:
                if control.minor:
                    settings[control.name] = _draw_control(page, control, disabled=busy and not control.live)
    return settings


def _draw_control(page: str, control: Control, *, disabled: bool) -> Any:
    common = {
        "key": f"{page}_train_{control.name}",
        "help": control.help or None,
        "bind": "query-params",
        "persist_state": "session",
        "disabled": disabled,
    }
    if control.kind == "switch":
        return st.toggle(control.label, control.default, **common)
    if control.kind == "whole number":
        low, high = control.options
        return int(st.number_input(control.label, low, high, control.default, **common))
    if control.kind == "choice":
        index = list(control.options).index(control.default)
        return st.selectbox(control.label, control.options, index, format_func=control.written, **common)
    return st.select_slider(control.label, control.options, control.default, format_func=control.written, **common)


def _draw_buttons(row, page: str, owner: str, job, now: Snapshot | None, settings: dict, make_task, steps) -> None:
    """Train, or pause, resume and stop. They return at once; the worker obeys between two updates."""
    state = now.state if now is not None else None
    if state in ("waiting", "running", "paused"):
        if state == "paused":
            if row.button("Resume", type="primary", icon=":material/play_arrow:", key=f"{page}_resume"):
                _obey(job, job.resume)
            for i, (label, fields) in enumerate(steps.items()):
                if row.button(label, icon=":material/skip_next:", key=f"{page}_step_{i}"):
                    _obey(job, partial(job.step, **fields))
        elif row.button("Pause", icon=":material/pause:", key=f"{page}_pause"):
            _obey(job, job.pause)
        if row.button("Stop", icon=":material/stop:", key=f"{page}_stop"):
            _obey(job, job.stop)
        return
    anew = row.button("Train", type="primary", icon=":material/play_arrow:", key=f"{page}_train")
    onward = False
    if now is not None and now.weights:
        help = "Another training, from the weights that are here."
        onward = row.button("Train on", icon=":material/resume:", key=f"{page}_onward", help=help)
    if anew or onward:
        try:
            task = make_task(settings)
            if onward:
                task = replace(task, start=now.weights)
            st.session_state[f"{page}_job"] = new = workers.submit(task, owner)
        except ValueError as error:
            row.error(f"This cannot be trained: {error}.")
            return
        if now is not None:
            st.session_state[f"{page}_previous"] = now.curves
        new.wait_for(lambda now: now.step or now.state != "running", 0.4)
        st.rerun()


def _obey(job: Job, command: Callable[[], None]) -> None:
    command()
    job.wait(0.5)  # usually a few milliseconds; then the page shows the very update at which it rests
    st.rerun()


def _apply_live(job: Job, controls: Sequence[Control], settings: dict, live: Callable | None) -> None:
    try:
        if live is not None:
            job.change(**live(settings, job.snapshot.trainer))
        else:
            job.change(**{control.name: settings[control.name] for control in controls if control.live})
    except ValueError as error:
        st.error(f"That was not changed: {error}.")


def _watch(page: str, job: Job, plots, particles: str, filters, polling: bool) -> None:
    """What is going on, drawn from one snapshot (a fragment)."""
    owner, now = visitor.token(), job.snapshot
    if polling and now.resting:
        st.rerun()  # the buttons are those of a running training
    _draw_status(now)
    if now.step is None:
        return
    shown = [plot for plot in plots if any(line.metric in now.curves for line in plot.lines)]
    shown, measured = figures.with_previous(shown, now.curves, st.session_state.get(f"{page}_previous", {}))
    if now.ended:
        _draw_charts(page, shown, measured, now.phases)
    elif shown:
        curves.mount(shown, measured, phases=now.phases, key=f"{page}_curves")
    forming.mount(now, job.task.config, owner=owner, particles=particles, filters=filters, key=f"{page}_forming")


def _watch_view(job: Job, view) -> None:
    """The page's own stage, on the newest weights (a fragment)."""
    now = job.snapshot
    if now.weights:
        view(now, assets.publish(now.weights, owner=visitor.token()))


def _draw_status(now: Snapshot) -> None:
    if now.state == "failed":
        st.error(now.message, icon=":material/error:")
    elif now.state == "waiting":
        st.info(now.message, icon=":material/hourglass_top:")
    if now.state in ("running", "paused", "finished", "stopped") or now.step is not None:
        st.progress(now.progress, text=status(now))


def _draw_charts(page: str, plots, measured, phases) -> None:
    """At rest the curves are Plotly charts: zoom, read, save."""
    columns = st.columns(min(2, max(1, len(plots))))
    for i, plot in enumerate(plots):
        with columns[i % len(columns)]:
            st.markdown(f"**{plot.title}**")
            figure = figures.curves(plot, measured, phases)
            st.plotly_chart(figure, key=f"{page}_chart_{i}", config={"displaylogo": False})
            if plot.help:
                st.caption(plot.help)


def _draw_souvenirs(page: str, job: Job) -> None:
    """What the visitor can keep of a training that rests."""
    now, family = job.snapshot, job.task.model.family
    name = f"{family}-{job.task.data}-update-{now.step.step}"
    row = st.container(horizontal=True, vertical_alignment="bottom", key=f"{page}_souvenirs")
    label = row.text_input("Name", name, key=f"{page}_keep_name_{now.version}", max_chars=60)
    if row.button("Keep for this visit", icon=":material/bookmark_add:", key=f"{page}_keep"):
        kept = visitor.keep(label, family, now.weights)
        st.toast(f"“{kept.label}” is kept until you leave: choose it in any list of models.")
    row.download_button(
        "Checkpoint", now.weights, f"{name}.safetensors", "application/octet-stream",
        icon=":material/download:", key=f"{page}_download", on_click="ignore",
    )  # fmt: skip
    row.download_button(
        "Curves", figures.curves_csv(now.curves), f"{name}.csv", "text/csv",
        icon=":material/download:", key=f"{page}_download_curves", on_click="ignore",
    )  # fmt: skip


def status(now: Snapshot) -> str:
    """One line: how far, how fast, how long."""
    if now.step is None:
        return now.message or "Starting."
    step = now.step
    parts = [f"update {step.step:,} of {step.num_steps:,}", f"epoch {step.epoch:.1f}"]
    if step.phase != "train":
        parts.append(step.phase)
    if now.seconds > 0.5:
        parts.append(f"{step.step / now.seconds:,.0f} updates a second")
    if now.state == "running" and now.seconds_left is not None:
        parts.append(f"{duration(now.seconds_left)} left")
    elif now.ended:
        parts.append(duration(now.seconds))
    words = {"running": "Training", "waiting": "Waiting", "paused": "Paused", "failed": "Ended"}
    return f"{words.get(now.state, now.state.capitalize())}: " + " · ".join(parts)


def duration(seconds: float) -> str:
    """Rounded as people say it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes} min {rest:02d} s"
        if minutes < 10
        else f"{minutes // 60} h {minutes % 60:02d} min"
        if minutes >= 60
        else f"{minutes} min"
    )
