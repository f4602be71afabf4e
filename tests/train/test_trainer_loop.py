"""The loop by itself: no files, any batches, any loss."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg import losses, nn, optim
from npseg.errors import ArgumentError, TrainingError
from npseg.train import Trainer


def model(**config):
    return npseg.create_model("unet", in_channels=1, num_classes=2, **{"base_channels": 2, "depth": 1, **config})


def halves(step=0):
    """Left half dark and class 0, right half bright and class 1."""
    images = np.zeros((1, 8, 8, 1), np.float32)
    images[:, :, 4:] = 1
    return images, (images[..., 0] > 0).astype(np.int32)


class Named:
    def __init__(self):
        self.asked = []

    def batch(self, step):
        self.asked.append(step)
        images, labels = halves()
        return type("Batch", (), {"images": images, "labels": labels, "names": ["a.png"]})()


def test_it_learns():
    net = model()
    trainer = Trainer(net, halves, optimizer=optim.AdamW(net.parameters(), lr=0.02))
    records = trainer.fit(40)
    assert records[-1].loss < 0.3 * records[0].loss
    assert (npseg.infer.Predictor(net).labels(halves()[0]) == halves()[1]).mean() > 0.95


def test_steps_go_on_where_they_stopped():
    batches = Named()
    trainer = Trainer(model(), batches)
    assert [record.step for record in trainer.fit(2)] == [1, 2]
    assert [record.step for record in trainer.fit(2)] == [3, 4]
    assert batches.asked == [0, 1, 2, 3]


def test_a_schedule_scales_the_learning_rate():
    net = model()
    trainer = Trainer(net, halves, optimizer=optim.SGD(net.parameters(), lr=2.0), schedule=optim.poly(4, power=1.0))
    assert [record.lr for record in trainer.fit(4)] == pytest.approx([2.0, 1.5, 1.0, 0.5])


def test_parts_of_a_sum_are_reported():
    loss = losses.build(cross_entropy=1.0, dice=0.5)
    record = Trainer(model(), halves, loss=loss).fit(1)[0]
    assert record.loss == pytest.approx(record.parts["cross_entropy"] + 0.5 * record.parts["dice"], rel=1e-5)
    line = record.to_json()
    assert line["loss_dice"] == record.parts["dice"]
    assert set(line) == {"step", "loss", "loss_cross_entropy", "loss_dice", "lr", "grad_norm", "seconds", "waited"}


def test_clipping_bounds_the_gradient():
    def moved(clip):
        net = model()
        before = {name: p.data.copy() for name, p in net.named_parameters()}
        trainer = Trainer(net, halves, optimizer=optim.SGD(net.parameters(), lr=1.0), clip_norm=clip)
        norm = trainer.fit(1)[0].grad_norm
        step = sum(np.square(p.data - before[name]).sum() for name, p in net.named_parameters()) ** 0.5
        return norm, step

    norm, free = moved(None)
    assert free == pytest.approx(norm, rel=1e-4)
    clipped_norm, clipped = moved(norm / 4)
    assert clipped_norm == pytest.approx(norm, rel=1e-6)
    assert clipped == pytest.approx(norm / 4, rel=1e-4)


def test_auxiliary_heads_are_trained():
    class TwoHeads(nn.Module):
        def __init__(self):
            self.main, self.side = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1)

        def forward(self, images):
            x = npseg.Tensor(images)
            return {"out": self.main(x), "aux": [self.side(x)]}

    net = TwoHeads()
    record = Trainer(net, halves).fit(1)[0]
    assert record.parts["aux"] > 0
    assert net.side.weight.grad is not None


def test_dropout_follows_the_step_and_not_the_calls():
    def weights(first):
        net = npseg.create_model("fcn32s", in_channels=1, num_classes=2, width=0.02, fc_channels=4)
        trainer = Trainer(net, halves, optimizer=optim.SGD(net.parameters(), lr=0.1))
        trainer.fit(2)
        if first:  # somebody looks at the model in between
            net.train()
            net(halves()[0])
        trainer.fit(2)
        return net.state_dict()

    plain, disturbed = weights(False), weights(True)
    assert all((plain[name] == disturbed[name]).all() for name in plain)


def nan_from(step):
    def batch(at):
        images, labels = halves()
        return (images * np.float32("nan") if at >= step else images), labels

    return batch


def test_a_loss_that_is_not_a_number_names_step_and_advice():
    net = model()
    trainer = Trainer(net, nan_from(2))
    with pytest.raises(TrainingError, match=r"step 3: the loss is nan \(cross_entropy nan; learning rate .*optim\.lr"):
        trainer.fit(5)
    assert trainer.step == 2
    assert all(np.isfinite(p.data).all() for p in net.parameters())


def test_a_gradient_that_is_not_a_number_stops_before_the_update():
    net = model()

    def infinite_slope(logits, labels):
        return (logits * 0.0).sum() ** 0.5 + losses.cross_entropy(logits, labels)

    with np.errstate(all="ignore"), pytest.raises(TrainingError, match="norm of the gradients is"):
        Trainer(net, Named(), loss=infinite_slope).fit(1)
    assert all(np.isfinite(p.data).all() for p in net.parameters())


def test_names_of_the_batch_are_told():
    class Bad(Named):
        def batch(self, step):
            batch = super().batch(step)
            batch.images = batch.images * np.float32("nan")
            return batch

    with pytest.raises(TrainingError, match=r"Images of the batch: a\.png"):
        Trainer(model(), Bad()).fit(1)


def test_batches_of_a_wrong_kind():
    with pytest.raises(ArgumentError, match=r"lambda step: batches\[step % len\(batches\)\]"):
        Trainer(model(), [halves()])
    with pytest.raises(ArgumentError, match="a batch must have"):
        Trainer(model(), lambda step: 3).fit(1)


def test_threads_that_prepare_batches_are_closed_early():
    trainer = Trainer(model(), halves, workers=2)
    for record in trainer.run(50):
        if record.step == 2:
            break
    assert trainer.step == 2
    assert trainer.fit(1)[0].step == 3


def test_training_mode_is_switched_on_once():
    net = model()
    net.eval()
    trainer = Trainer(net, halves)
    trainer.fit(1)
    assert net.training
