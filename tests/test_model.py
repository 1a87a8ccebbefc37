import pytest

import twin
from equindex.errors import FrameworkError
from equindex.model import (
    Equalization,
    FrameworkFile,
    Indicator,
    MethodCall,
    Target,
    WeightSet,
    inconsistencies,
    parse,
)

LEAF = {"id": "a"}


def said(model, data):
    with pytest.raises(FrameworkError) as error:
        parse(model, data, "here.toml")
    return str(error.value)


def faults(**changes):
    return inconsistencies(parse(FrameworkFile, {"id": "f", "indicator": [LEAF], **changes}, "f"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"id": "f", "metods": {}}, "metods: unknown key. Did you mean 'methods'?"),
        ({"id": "f", "methods": {"normalize": "minmax"}}, "normalize: unknown key. Did you mean 'normalise'?"),
        ({"id": "f", "indicator": [LEAF | {"unti": "%"}]}, "indicator 'a' → unti: unknown key. Did you mean 'unit'?"),
        ({"id": "f", "methods": {"missing": {"min_covrage": 0.5}}}, "Did you mean 'min_coverage'?"),
        ({"id": "f", "attainment": {"rule": "ration"}}, "attainment → rule: should be 'ratio', 'progress', 'met'"),
        ({"id": "f", "attainment": {"cap": 60}}, "greater than or equal to 100, is 60"),
        ({"id": "f", "methods": {"base": "yearly"}}, "methods → base: should be"),
        ({"id": "f", "indicator": [LEAF | {"direction": "up"}]}, "indicator 'a' → direction: should be 'positive'"),
        ({"id": "f", "indicator": [LEAF | {"per": 0}]}, "indicator 'a' → per: should be greater than 0, is 0"),
        ({"id": "f", "indicator": [LEAF | {"tolerance": 1}]}, "should be less than 1"),
        ({"id": "f", "target": [{"indicator": "a"}]}, "target 'a' → target: this key (目标值) is required"),
        ({"title": "no id"}, "id: this key (编号) is required"),
        ({"id": "f", "equalization": {"reference": {"regoin": "x"}}}, "regoin: unknown key. Did you mean 'region'?"),
        ({"id": "f", "exclude": [{"region": "x", "year": 2020, "indicator": "a"}]}, "reason: this key (原因) is req"),
    ],
)  # fmt: skip
def test_wrong_keys_and_values_are_refused_with_their_place(data, told):
    message = said(FrameworkFile, data)

    assert message.startswith("here.toml: ")
    assert told in message


def test_all_faults_of_a_file_are_told_at_once():
    data = {"id": "f", "metods": {}, "attainment": {"cap": 1}, "indicator": [{"name": "x"}]}

    message = said(FrameworkFile, data)

    assert "3 faults" in message
    assert all(word in message for word in ("metods", "attainment → cap", "indicator → #1 → id"))


def test_many_faults_are_counted_not_printed():
    message = said(
        FrameworkFile, {"id": "f", "indicator": [{"id": f"i{n}", "wrong": n} for n in range(1000)]}
    )

    assert "1000 faults" in message
    assert "… and 950 more." in message
    assert len(message.splitlines()) == 52


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("positive", "+", "1", 1, 1.0, "正", "正向", "正向指標"), "positive"),
        (("negative", "-", "-1", -1, "逆向", "负向", "負"), "negative"),
        (("interval", "适度", "適度", "区间", 0), "interval"),
    ],
)
def test_directions_are_read_in_both_scripts_and_as_signs(words, meant):
    assert {Indicator(id="a", direction=word).direction for word in words} == {meant}


@pytest.mark.parametrize(
    ("word", "meant"),
    [("是", True), ("约束性", True), ("true", True), (1, True), ("预期性", False), ("", False)],
)
def test_binding_is_read_as_plans_print_it(word, meant):
    assert Indicator(id="a", binding=word).binding is meant


@pytest.mark.parametrize("cell", ["20; 85", "20,85", "[20, 85]", "20 85", [20, 85], "20；85"])
def test_pairs_of_ends_are_read_from_table_cells(cell):
    assert Indicator(id="a", goalposts=cell).goalposts == (20, 85)


def test_targets_of_typed_cells_become_the_text_that_was_printed():
    assert Target(indicator="a", target=97.0).target == "97"
    assert Target(indicator="a", target=4.5).target == "4.5"
    assert Target(indicator="a", target="≥97").target == "≥97"


@pytest.mark.parametrize("value", ["minmax", {"name": "minmax"}, {"name": "minmax", "options": {}}])
def test_a_method_is_a_name_or_a_table(value):
    model = parse(FrameworkFile, {"id": "f", "methods": {"normalise": value}}, "f")

    assert model.methods.normalise == MethodCall(name="minmax")


def test_aggregates_are_one_method_or_one_for_each_level():
    one = parse(FrameworkFile, {"id": "f", "methods": {"aggregate": "geometric"}}, "f").methods.aggregate
    levels = {"pillar": "arithmetic", "index": "geometric"}
    two = parse(FrameworkFile, {"id": "f", "methods": {"aggregate": levels}}, "f").methods.aggregate

    assert one.name == "geometric"
    assert {level: call.name for level, call in two.items()} == levels


def test_a_base_is_the_panel_each_year_or_one_year():
    bases = ["panel", "year", 1999, "1999"]

    read = [parse(FrameworkFile, {"id": "f", "methods": {"base": base}}, "f").methods.base for base in bases]

    assert read == ["panel", "year", 1999, 1999]


def test_a_reference_is_a_word_or_a_region():
    assert Equalization(reference={"region": "000000"}).reference.region == "000000"
    assert "equalization → reference" in said(
        FrameworkFile, {"id": "f", "equalization": {"reference": "middle"}}
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"weights": {"a": -1}}, "weights → a: should be greater than or equal to 0"),
        ({"weights": {"a": float("inf")}}, "weights → a: should be a finite number"),
        ({"weights": {"a": 1}, "scope": "globl"}, "scope: should be 'local' or 'global'"),
        ({"id": "w"}, "weights: this key is required"),
        ({"weights": {"a": 1}, "scal": True}, "scal: unknown key. Did you mean 'scale'?"),
    ],
)
def test_weight_sets_refuse_what_they_do_not_know(data, told):
    assert told in said(WeightSet, data)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"indicator": []}, "there is no indicator"),
        ({"indicator": [LEAF, LEAF]}, "id 'a' is used twice"),
        ({"pillar": [{"id": "a"}], "indicator": [LEAF | {"pillar": "a"}]}, "id 'a' is used twice"),
        ({"indicator": [{"id": "index"}]}, "'index' is the root's own id"),
        ({"pillar": [{"id": "p", "parent": "q"}, {"id": "q", "parent": "p"}]}, "'p' is its own ancestor"),
        ({"pillar": [{"id": "p", "parent": "p"}]}, "pillar 'p' is its own ancestor"),
        ({"pillar": [{"id": "p", "parent": "halth"}, {"id": "health"}]}, "Did you mean 'health'?"),
        ({"pillar": [{"id": "p"}]}, "pillar 'p' holds nothing"),
        ({"indicator": [LEAF | {"pillar": "healt"}], "pillar": [{"id": "health"}]}, "Did you mean 'health'?"),
        ({"indicator": [LEAF | {"goalposts": [85, 20]}]}, "goalposts = [85, 20] must rise"),
        ({"indicator": [LEAF | {"direction": "interval"}]}, "needs best = [low, high]"),
        ({"indicator": [LEAF | {"best": [1, 2]}]}, "best is for direction 'interval'"),
        (
            {"indicator": [LEAF | {"direction": "interval", "best": [3, 6], "limits": [4, 8]}]},
            "limits must enclose best",
        ),
        ({"indicator": [LEAF | {"numerator": "n"}]}, "numerator and denominator come together"),
        ({"indicator": [LEAF | {"lower": 2, "upper": 1}]}, "lower = 2 is above upper = 1"),
        ({"target": [{"indicator": "b", "target": "1"}]}, "target of 'b': no such indicator"),
        ({"exclude": [{"region": "r", "year": 1, "indicator": "b", "reason": "x"}]}, "no indicator 'b'"),
        ({"attainment": {"plan": [2025, 2021]}}, "ends (2021) before it begins (2025)"),
    ],
)
def test_what_does_not_fit_together_is_told(changes, told):
    assert any(told in fault for fault in faults(**changes))


def test_what_fits_together_has_no_fault():
    leaf = LEAF | {"direction": "interval", "best": [3, 3], "limits": [0, 9], "pillar": "q"}

    assert faults(indicator=[leaf], pillar=[{"id": "p"}, {"id": "q", "parent": "p"}]) == []


@pytest.mark.parametrize("path", sorted((twin.ROOT / "weights").glob("*/*.toml")), ids=lambda path: path.stem)
def test_bundled_weight_sets_are_read(path):
    found = parse(WeightSet, twin.toml(path), path.name)

    assert found.id == path.stem
    assert sum(found.weights.values()) > 0


def test_a_target_given_twice_is_refused():
    rows = [{"indicator": "a", "year": 2025, "target": text} for text in ("4", "5")]
    model = parse(FrameworkFile, {"id": "t", "indicator": [{"id": "a"}], "target": rows}, "t.toml")

    assert inconsistencies(model) == ["target of 'a' stands twice for 2025. Keep one."]
