"""Settings: precedence, types, words of the errors, and the way through JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npseg.errors import ConfigError
from npseg.train import Layer, RunConfig, TrainConfig, from_pairs, from_toml
from npseg.train.config import differences
from npseg.train.settings import Text, coerce, flatten, guess, merge, nest
from npseg.train.setup import resolve


def with_settings(*pairs, **more):
    return RunConfig.from_layers([Layer("test", {"data.source": "shapes", **more}), from_pairs(pairs)])


def test_a_later_layer_wins():
    layers = [
        Layer("recipe", {"data.source": "shapes", "optim.lr": 1.0, "optim.weight_decay": 0.5}),
        Layer("file", {"optim.lr": 2.0}),
        from_pairs(["optim.lr=3"]),
    ]
    config = RunConfig.from_layers(layers)
    assert config.optim.lr == 3.0
    assert config.optim.weight_decay == 0.5
    assert RunConfig.from_layers(layers[:2]).optim.lr == 2.0


def test_steps_and_epochs_replace_each_other():
    config = with_settings(**{"train.steps": 10, "train.epochs": None})
    assert (config.train.steps, config.train.epochs) == (10, None)
    config = with_settings("train.epochs=2", **{"train.steps": 10})
    assert (config.train.steps, config.train.epochs) == (None, 2)
    assert config.train.total_steps(steps_per_epoch=7) == 14
    back = with_settings("train.steps=5", **{"train.epochs": 3})
    assert (back.train.steps, back.train.epochs) == (5, None)


def test_steps_and_epochs_in_one_layer_are_refused():
    with pytest.raises(ConfigError, match=r"--set: train\.steps and train\.epochs exclude each other"):
        with_settings("train.steps=1", "train.epochs=1")


@pytest.mark.parametrize(
    "pair, read",
    [
        ("optim.lr=1e-3", ("optim", "lr", 1e-3)),
        ("optim.nesterov=false", ("optim", "nesterov", False)),
        ("optim.clip_norm=none", ("optim", "clip_norm", None)),
        ("optim.betas=0.8,0.9", ("optim", "betas", (0.8, 0.9))),
        ("optim.betas=[0.8, 0.9]", ("optim", "betas", (0.8, 0.9))),
        ("optim.schedule=poly", ("optim", "schedule", "poly")),
        ("train.checkpoint_every=1e2", ("train", "checkpoint_every", 100)),
        ("loss.class_weights=none", ("loss", "class_weights", "none")),
        ("loss.class_weights=balanced", ("loss", "class_weights", "balanced")),
        ("loss.class_weights=1,2.5", ("loss", "class_weights", (1.0, 2.5))),
        ("data.classes=sky,road", ("data", "classes", ("sky", "road"))),
        ("data.classes=cell", ("data", "classes", ("cell",))),
        ("data.ignore_index=255", ("data", "ignore_index", 255)),
        ("augment.scale=0.5,2", ("augment", "scale", (0.5, 2.0))),
    ],
)
def test_text_is_read_as_the_type_of_the_setting(pair, read):
    section, name, value = read
    found = getattr(getattr(with_settings(pair), section), name)
    assert found == value
    assert type(found) is type(value)


def test_arguments_of_models_are_read_as_what_they_look_like():
    config = with_settings("model.name=fcn8s", "model.width=0.25", "model.batch_norm=true", "model.note=bilinear")
    assert config.model.name == "fcn8s"
    assert config.model.settings == {"width": 0.25, "batch_norm": True, "note": "bilinear"}


@pytest.mark.parametrize(
    "pair, words",
    [
        ("optim.lr=fast", r"--set: optim\.lr: expected a number, got 'fast'"),
        ("seed=1.5", r"--set: seed: expected a whole number, got '1.5'"),
        ("optim.nesterov=maybe", r"expected true or false, got 'maybe'"),
        ("optim.betas=0.9", r"expected a list of 2 values \(each a number\), got '0.9'"),
        ("optim.name=adamx", r"expected one of 'adamw', 'adam', 'sgd', got 'adamx'"),
        ("loss.class_weights=heavy", r"'none', 'balanced' or a list"),
        ("optim.momentumm=0.5", r"did you mean 'optim\.momentum'\?"),
        ("lr=1", r"lr is not a setting; did you mean 'optim\.lr'\?"),
        ("train.lr=1", r"did you mean 'optim\.lr'\?"),
        ("optimm.lr=1", r"did you mean 'optim\.lr'\?"),
        ("optimm.foo=1", r"did you mean 'optim'\?"),
        ("train.zzz=1", r"known in train: checkpoint_every, epochs, eval_every, patience, recompute, steps"),
        ("zzz=1", r"settings look like optim\.lr, or seed"),
        ("optim.lr", r"expected key=value, got 'optim\.lr'; for instance"),
        ("=1", r"expected key=value"),
        ("model.num_classes=4", r"model\.num_classes cannot be set: the classes of the data set decide it"),
        ("optim.lr=0", r"optim\.lr: expected a value above 0, got 0"),
        ("optim.momentum=1", r"optim\.momentum: expected 0 <= value < 1, got 1"),
        ("optim.betas=0.9,1", r"optim\.betas: expected two values"),
        ("optim.clip_norm=-1", r"optim\.clip_norm: expected a value above 0"),
        ("loss.dice=-1", r"loss\.dice: expected a value of at least 0"),
        ("loss.cross_entropy=0", r"nothing to learn from"),
        ("loss.label_smoothing=1", r"loss\.label_smoothing: expected 0 <= value < 1"),
        ("loss.class_weights=0,0", r"loss\.class_weights: \[0\.0, 0\.0\] leaves nothing to learn from"),
        ("loss.class_weights=1,-1", r"loss\.class_weights: expected weights of at least 0"),
        ("train.steps=0", r"train\.steps: expected a value of at least 1"),
        ("seed=-1", r"seed: expected a value of at least 0"),
        ("data.batch_size=0", r"data\.batch_size"),
    ],
)
def test_wrong_settings_are_told_in_words(pair, words):
    with pytest.raises(ConfigError, match=words):
        with_settings(pair)


def test_without_data_the_error_says_how_to_name_some():
    with pytest.raises(ConfigError, match="give --data NAME or --data DIR"):
        RunConfig.from_layers([])


def test_neither_steps_nor_epochs():
    with pytest.raises(ConfigError, match="set either"):
        TrainConfig(steps=None)


def test_the_configuration_survives_json():
    config = with_settings("loss.class_weights=1,2", "train.epochs=3", "model.base_channels=8", "augment.enabled=false")
    assert RunConfig.from_json(config.to_json()) == config
    assert RunConfig.from_dict(config.to_dict()) == config
    assert json.loads(config.to_json())["model"] == {"name": "unet", "base_channels": 8}


@pytest.mark.parametrize("text", ["{", "[1]", '{"optim": {"lr": "x"}}', '{"surprise": 1}'])
def test_a_damaged_configuration_file_is_told_in_words(text):
    with pytest.raises(ConfigError, match=r"runs/x/config\.json"):
        RunConfig.from_json(text, "runs/x/config.json")


def test_toml_sections_become_settings(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('seed = 4\n[optim]\nlr = 0.5\nbetas = [0.8, 0.9]\n[data]\nsource = "shapes"\n')
    config = RunConfig.from_layers([from_toml(path)])
    assert (config.seed, config.optim.lr, config.optim.betas) == (4, 0.5, (0.8, 0.9))
    path.write_text("[optim]\nlr = 'x'\n[data]\nsource = 'shapes'")
    with pytest.raises(ConfigError, match=r"a\.toml: optim\.lr: expected a number"):
        RunConfig.from_layers([from_toml(path)])


def test_toml_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="there is no file"):
        from_toml(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("lr = = 1")
    with pytest.raises(ConfigError, match="not valid TOML"):
        from_toml(broken)
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        from_toml(broken)


def test_folders_are_kept_by_their_full_path(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    assert RunConfig("x").source == "x"
    assert RunConfig.from_dict({"data": {"source": "photos"}}).source == str(tmp_path / "photos")
    (tmp_path / "shapes").mkdir()
    assert RunConfig.from_dict({"data": {"source": "shapes"}}).source == "shapes"


def test_differences_name_the_settings():
    before, after = with_settings(), with_settings("optim.lr=9", "model.depth=2")
    assert differences(before, after) == {"optim.lr": (1e-3, 9.0), "model.depth": (None, 2)}


@given(
    st.dictionaries(
        st.text("abc_", min_size=1),
        st.integers() | st.dictionaries(st.text("xy", min_size=1), st.integers(), min_size=1),
    )
)
def test_nesting_undoes_flattening(nested):
    assert nest(flatten(nested)) == nested


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_guessing_undoes_printing(value):
    assert guess(str(value)) == value
    assert type(guess(str(value))) is type(value)


def test_guess_of_odd_texts():
    assert guess(".5") == 0.5
    assert guess("1\nb = 2") == "1\nb = 2"
    assert guess("2024-01-01") == "2024-01-01"
    assert guess('"quoted, text"') == "quoted, text"
    assert guess("a, 1") == ["a", 1]


def test_text_stays_text_where_text_is_wanted():
    assert coerce(Text("5"), str, "x") == "5"
    assert coerce(Text("5"), int | str, "x") == 5
    assert coerce(Text("none"), str | None, "x") is None
    assert coerce([1, 2], list[int], "x") == [1, 2]
    with pytest.raises(ConfigError, match="x: expected text, got 3"):
        coerce(3, str, "x")
    with pytest.raises(ConfigError, match="x: expected a whole number, got True"):
        coerce(True, int, "x")
    with pytest.raises(ConfigError, match="x: expected dict"):
        coerce(3, dict[str, int], "x")


def test_none_beside_its_partner_says_nothing_new():
    merged = merge([Layer("a", {"train.epochs": 3, "train.steps": None}), Layer("b", {"train.steps": None})])
    assert merged["train.epochs"] == (3, "a")
    assert merged["train.steps"][0] is None


def test_resolving_names_every_setting_of_the_model():
    config = resolve([Layer("test", {"data.source": "shapes", "model.name": "fcn8s", "model.width": 0.02})])
    assert config.model.settings == {"batch_norm": False, "width": 0.02, "fc_channels": 82, "dropout": 0.5}


@pytest.fixture
def with_recipe(tmp_path):
    """Layers of a folder whose dataset.toml has these lines."""

    def layers(*lines, **settings):
        (tmp_path / "dataset.toml").write_text("\n".join(lines))
        return [Layer("test", {"data.source": str(tmp_path), **settings})]

    return layers


def test_a_recipe_may_name_the_model(with_recipe):
    lines = "[recipe.model]", 'name = "fcn32s"', "width = 0.02"
    assert resolve(with_recipe(*lines)).model.name == "fcn32s"
    asked = resolve(with_recipe(*lines, **{"model.name": "unet", "model.base_channels": 2})).model
    assert asked.name == "unet"
    assert "width" not in asked.settings  # only other models know it


@pytest.mark.parametrize(
    "lines, words",
    [
        (["[recipe.model]", "base_chanels = 3"], r"model\.base_chanels is not .*did you mean 'model\.base_channels'"),
        (["[recipe.optimm]", "lr = 3"], r"the recipe of .*optimm\.lr is not a setting"),
        (["[recipe.optim]", "lrr = 3"], r"the recipe of .*did you mean 'optim\.lr'"),
    ],
)
def test_misspelt_recipes_are_told(with_recipe, lines, words):
    with pytest.raises(ConfigError, match=words):
        resolve(with_recipe(*lines))


def test_settings_of_the_model_are_checked_before_the_data_is_looked_at(with_recipe):
    """The folder holds no images, which is not what this complains of."""
    with pytest.raises(ConfigError, match="depth is 0"):
        resolve(with_recipe(**{"model.depth": 0}))
