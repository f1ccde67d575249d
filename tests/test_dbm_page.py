from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import prose
from ui.dbm import occlusion
from ui.dbm import training as dbm_training

ROOT = Path(__file__).parents[1]


@pytest.fixture
def page():
    app = AppTest.from_file(ROOT / "ui" / "shell.py", default_timeout=120).run()
    return app.switch_page("../pages/dbm.py").run()


def test_the_small_machine_tells_a_bound_below_the_truth(page):
    page.segmented_control(key="dbm_section").set_value("Mathematics").run()
    assert not page.exception
    formulas = " ".join(element.value for element in page.latex)
    exact, bound = formulas.split(r"\log p(\mathbf v) = ")[1].split(r"\;\ge\;")
    assert float(bound.split()[0]) < float(exact.split()[0])
    assert "(30)" in prose.section("dbm", "Bound")


def test_double_counting_is_a_number(page):
    page.segmented_control(key="dbm_section").set_value("Double counting").run()
    assert not page.exception
    doubled, plain = (float(metric.value.split()[0]) for metric in page.metric[:2])
    assert plain + 1 < doubled < -2.64


def test_what_the_controls_say_is_what_is_trained():
    settings = {control.name: control.default for control in dbm_training.CONTROLS}
    task = dbm_training.make_task({**settings, "hidden": "500-500-1000", "doubled": False, "learning_rate": 0.005})
    assert task.config.layer_sizes == (784, 500, 500, 1000)
    assert not task.trainer.pretraining.doubled and task.trainer.joint.learning_rate == 0.005
    changed = dbm_training.live({**settings, "gibbs_steps": 10}, task.trainer)["joint"]
    assert changed.gibbs_steps == 10 and changed.num_epochs == task.trainer.joint.num_epochs


def test_the_count_of_completions_is_told_with_its_honest_result(page):
    found = occlusion.count()
    assert found["num_examples"] >= 500 and set(found["halves"]) == {"top", "bottom", "left", "right"}
    last = {machine: occlusion.average(found, machine)[-1] for machine in occlusion.LINES}
    assert last["dbn once"] < 0.5 < min(last["dbm"], last["rbm"], last["dbn again"])  # what the prose says
    page.segmented_control(key="dbm_section").set_value("Occlusion").run()
    assert not page.exception and any("DBN, once up" in text.value for text in page.markdown)
