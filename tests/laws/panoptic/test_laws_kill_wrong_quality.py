"""Each law of panoptic quality holds for a right one and fails for a wrong one."""

from __future__ import annotations

from npseg.laws import catalogue as _catalogue  # noqa: F401

CONVICTED = {
    "pq-is-sq-times-rq": ["mean SQ of images"],
    "instance-ids-may-be-renamed": ["stuff ids", "ids across images"],
    "abstaining-lowers": ["void predictions ignored"],
    "crowds-may-be-merged": ["last crowd only"],
    "panoptic-symmetric": ["no false positives"],
    "unseen-class-is-left-out": ["unseen is 0"],
    "panoptic-perfect-is-one": ["eps", "class 0 is background"],
    "sq-above-half": ["half is a match"],
    "mean-pq-is-mean-of-classes": ["micro"],
    "matched-one-to-one": ["half is a match"],
    "stuff-ids-do-not-matter": ["stuff ids"],
    "void-of-the-truth-is-irrelevant": ["void in the union", "false alarms in void", "void is a class"],
    "mostly-on-void": ["false alarms in void", "half is a match"],
    "crowds-are-excused": ["crowd is missed", "crowd excuses nothing", "last crowd only"],
    "panoptic-pixels-anywhere": ["last column lost"],
    "panoptic-classes-renumbered": ["class 0 is background"],
    "panoptic-images-in-any-order": ["last image twice"],
    "panoptic-inputs-unchanged": ["edits its input"],
    "panoptic-duplicates-change-nothing": ["each image once", "ids across images"],
    "panoptic-between-the-parts": ["ids across images"],
    "panoptic-images-side-by-side": ["mean of images"],
    "panoptic-wrong-image-lowers": ["no false positives", "mean SQ of images"],
    "nothing-seen-is-undefined": ["nothing is an error", "unseen is 0"],
}
