"""Data sets that lie in the user's own folders."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from npseg.data.config import DataConfig
from npseg.data.dataset import SPLITS, Dataset, DatasetInfo, DataSource, Sample
from npseg.data.files import read_image
from npseg.data.intensity import conform_channels
from npseg.data.layouts import Layout, Record, find_layout
from npseg.data.manifest import MANIFEST, Manifest, read_manifest
from npseg.data.masks import MaskRules, parse_mask_values, read_mask
from npseg.data.palette import parse_colour, voc_palette
from npseg.data.problems import counted
from npseg.data.splits import assign_splits, copies, group_by_pattern
from npseg.data.survey import infer_classes, survey_masks
from npseg.errors import ConfigError, DataError

__all__ = ["Folder", "declared_splits", "load_folder", "open_folder"]


@dataclass
class Folder:
    """A folder as far as its names and declarations tell, before any mask is read."""

    name: str
    layout: Layout
    manifest: Manifest
    rules: MaskRules
    classes: tuple[str, ...]
    groups: list[str | None]
    notes: list[str] = field(default_factory=list)


def load_folder(source: Path, config: DataConfig) -> DataSource:
    """Read a folder or list file as a data set. Raises `DataError` at the first fault (`check` finds them all)."""
    folder = open_folder(source, config)
    problems = folder.layout.problems
    if problems:
        command = f"npseg data check {shlex.quote(str(source))}"
        more = f" (and {len(problems) - 1} more; {command} lists all)" if len(problems) > 1 else ""
        raise DataError(problems[0].message + more)
    records, rules, classes = folder.layout.records, folder.rules, folder.classes
    palette = folder.manifest.colours if rules.colours is None else rules.colours
    if not classes:
        survey = survey_masks([record.mask for record in records], rules)
        classes, rules, inferred = infer_classes(survey, rules)
        folder.notes += inferred
        palette = survey.palette if palette is None else palette
    splits = split_records(folder, config)
    mode = config.channels if config.channels != "auto" else folder.manifest.channels or "auto"
    info = DatasetInfo(
        name=folder.name,
        classes=classes,
        palette=full_palette(palette, len(classes)),
        ignore_index=rules.ignore_label,
        in_channels=conform_channels(read_image(records[0].image), mode).shape[2],
        recipe=folder.manifest.recipe,
    )
    chosen = {split: [i for i, s in enumerate(splits) if s == split] for split in SPLITS}
    counts = ", ".join(f"{len(chosen[split])} {split}" for split in SPLITS)
    folder.notes.append(f"{counted(len(records), 'image')} with masks ({folder.layout.kind} layout): {counts}.")
    datasets = {
        split: _dataset([records[i] for i in where], [folder.groups[i] for i in where], rules, config)
        for split, where in chosen.items()
    }
    return DataSource(info, datasets, folder.notes)


def open_folder(source: Path, config: DataConfig) -> Folder:
    """Names, declarations and rules; faults of single files stay in `.layout.problems`."""
    root = source.parent if source.is_file() else source
    manifest = read_manifest(root) if root.is_dir() else Manifest()
    layout = find_layout(source, config.images or manifest.images or "", config.masks or manifest.masks or "")
    declared_in = f"{root / MANIFEST}: " if (root / MANIFEST).is_file() else ""
    all_set = config.classes and (config.colours or config.mask_values != "auto")
    notes = list(layout.notes)
    declared = config.classes or manifest.classes
    classes = declared or layout.classes
    rules = _rules(config, manifest, layout, classes)
    if not declared and layout.classes:
        notes.append(f"{len(classes)} classes of the {layout.kind} layout: {', '.join(classes)}.")
    if not classes and rules.values == "binary":
        classes = ("background", "foreground")
    elif not classes and isinstance(rules.values, tuple):
        classes = tuple(f"class_{value}" for value in rules.values)
    elif not classes and rules.colours is not None:
        classes = tuple(f"class_{label}" for label in range(len(rules.colours)))
    if classes:
        rules = MaskRules(len(classes), rules.ignore_value, rules.values, rules.colours, rules.ignore_colour)
        try:
            _require_equal_counts(classes, rules)
        except ConfigError as error:
            raise ConfigError(f"{'' if all_set else declared_in}{error}") from error
    groups = _groups(layout.records, manifest, config.groups, declared_in)
    name = manifest.name or (source.stem if source.is_file() else source.resolve().name)
    return Folder(name, layout, manifest, rules, classes, groups, notes)


def split_records(folder: Folder, config: DataConfig, digests: Sequence[bytes] | None = None) -> list[str]:
    """The split of each record. What the user declares must not part a group; what we make parts none.

    Splits made here keep images of equal pixels together, for which every image is decoded once, unless
    `digests` has the `pixel_digest` of each record's image.
    """
    records = folder.layout.records
    declared = declared_splits(folder)
    shares = config.splits
    if folder.manifest.fractions is not None and config.splits == DataConfig().splits:
        shares = folder.manifest.fractions
    if declared is None:
        same = copies([record.image for record in records], digests)
        splits = assign_splits(
            [r.name for r in records], shares, config.split_seed, groups=folder.groups, together=same
        )
        shown = " / ".join(f"{share:g}" for share in shares)
        folder.notes.append(
            f"no splits given: made from the sorted names by shares {shown} (train / val / test), seed "
            f"{config.split_seed}."
        )
        return splits
    said_empty = "val" in (folder.manifest.split_names or {})
    if "val" not in declared and not said_empty and shares[0] + shares[1] > 0:
        declared = _carve_validation(folder, declared, shares, config.split_seed, digests)
    _require_whole_groups(folder, declared)
    return declared


def declared_splits(folder: Folder) -> list[str] | None:
    """The split of each record by dataset.toml or by folders ("" is none of them); None where splits are to be made."""
    records = folder.layout.records
    listed = _listed_splits(folder)
    if listed is not None or all(record.split is None for record in records):
        return listed
    loose = sum(record.split is None for record in records)
    if loose:
        folder.notes.append(f"outside of all splits, and so counted as train: {counted(loose, 'image')}.")
    return [record.split or "train" for record in records]


def full_palette(palette: np.ndarray | None, count: int) -> np.ndarray:
    """`(count, 3)`: the given colours, then VOC's."""
    full = voc_palette(max(count, 1))
    if palette is not None:
        full[: min(len(palette), count)] = palette[:count]
    return full


def read_record(record: Record, rules: MaskRules, group: str | None = None) -> Sample:
    """Image and labels of one record; raises `DataError` that names the file."""
    image = read_image(record.image)
    mask = read_mask(record.mask, rules=rules, image_path=record.image, image_size=image.shape[:2])
    return Sample(image, mask, record.name, group)


def _dataset(
    records: list[Record], groups: list[str | None], rules: MaskRules, config: DataConfig
) -> Dataset:  # fmt: skip
    return Dataset(
        [record.name for record in records],
        lambda index: read_record(records[index], rules, groups[index]),
        groups=groups,
        cache_mb=config.cache_mb,
    )


def _rules(
    config: DataConfig, manifest: Manifest, layout: Layout, classes: tuple[str, ...]
) -> MaskRules:  # fmt: skip
    colours, ignore_colour = manifest.colours, manifest.ignore_colour
    if config.colours:
        colours = np.array([parse_colour(colour) for colour in config.colours], np.uint8)
    own_classes = classes == layout.classes
    if colours is None and own_classes:
        colours, ignore_colour = layout.colours, ignore_colour or layout.ignore_colour
    ignore = config.ignore_index if config.ignore_index is not None else manifest.ignore
    if ignore is None and (own_classes or layout.kind == "VOC"):
        ignore = layout.ignore
    values = str(config.mask_values) if config.mask_values != "auto" else manifest.mask_values or "auto"
    return MaskRules(None, ignore, parse_mask_values(values), colours, ignore_colour)


def _require_equal_counts(classes: tuple[str, ...], rules: MaskRules) -> None:
    if rules.values == "binary" and len(classes) != 2:
        raise ConfigError(f'data.mask_values="binary" needs 2 class names, got {len(classes)}: {", ".join(classes)}')
    if isinstance(rules.values, tuple) and len(rules.values) != len(classes):
        raise ConfigError(f"data.mask_values lists {len(rules.values)} values for {len(classes)} classes")
    if rules.colours is not None and len(rules.colours) != len(classes):
        raise ConfigError(f"{len(rules.colours)} colours are declared for {len(classes)} classes; give one for each")


def _groups(records: list[Record], manifest: Manifest, given: str, declared_in: str) -> list[str | None]:
    pattern, where = (given, "data.") if given else (manifest.group_pattern, declared_in)
    found: list[str | None] = []
    if pattern:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"{where}groups: {pattern!r} is not a regular expression ({error})") from error
    for record in records:
        stem = Path(record.name).stem
        named = manifest.group_of.get(record.name) or manifest.group_of.get(stem)
        if named is None and pattern:
            named = group_by_pattern(pattern, stem) or group_by_pattern(pattern, record.name)
        found.append(named)
    if pattern and records and not any(found):
        raise DataError(f"{where}groups: the pattern {pattern!r} matches no image name (such as {records[0].name!r})")
    return found


def _listed_splits(folder: Folder) -> list[str] | None:
    """Splits by the lists of dataset.toml; names may be paths, file names or stems."""
    lists = folder.manifest.split_names
    if lists is None:
        return None
    where = f"{MANIFEST} of {folder.name}"
    split_of: dict[str, str] = {}
    for split, names in lists.items():
        for name in names:
            if split_of.setdefault(name, split) != split:
                raise DataError(f"{where}: {name!r} is listed in two splits, {split_of[name]} and {split}")
    found, used = [], set()
    for record in folder.layout.records:
        path = Path(record.name)
        key = next((k for k in (record.name, path.name, path.stem) if k in split_of), None)
        found.append(split_of[key] if key is not None else "")
        used.add(key)
    unknown = sorted(set(split_of) - used)
    if unknown:
        number = counted(len(unknown), "such name")
        raise DataError(f"{where}: [splits] names {unknown[0]!r}, which is no image here ({number})")
    left = found.count("")
    if left:
        folder.notes.append(f"in no split of dataset.toml, and so not used: {counted(left, 'image')}.")
    return found


def _carve_validation(
    folder: Folder,
    declared: list[str],
    shares: tuple[float, float, float],
    seed: int,
    digests: Sequence[bytes] | None,
) -> list[str]:
    """Folders gave no validation split: a part of train becomes one, in whole groups."""
    where = [i for i, split in enumerate(declared) if split == "train"]
    if len(where) < 2:
        return declared
    names = [folder.layout.records[i].name for i in where]
    same = copies(
        [folder.layout.records[i].image for i in where], None if digests is None else [digests[i] for i in where]
    )
    total = shares[0] + shares[1]
    parts = assign_splits(
        names, (shares[0] / total, shares[1] / total, 0.0), seed,
        groups=[folder.groups[i] for i in where], together=same,
    )  # fmt: skip
    declared = list(declared)
    for i, part in zip(where, parts):
        declared[i] = part
    folder.notes.append(f"no val split given: {parts.count('val')} of {len(where)} training images serve as val.")
    return declared


def _require_whole_groups(folder: Folder, splits: list[str]) -> None:
    met: dict[str, set[str]] = defaultdict(set)
    for group, split in zip(folder.groups, splits):
        if group is not None and split:
            met[group].add(split)
    parted = sorted(group for group, where in met.items() if len(where) > 1)
    if parted:
        raise DataError(
            f"{folder.name}: the group {parted[0]!r} is in several splits ({', '.join(sorted(met[parted[0]]))}; "
            f"{counted(len(parted), 'such group')}); move its images into one split, or drop the declaration of groups"
        )
