"""U-Net and FCN against PyTorch models written out here: outputs, all gradients, and a training curve."""

from __future__ import annotations

import numpy as np
import pytest

import npseg
from npseg import config
from npseg.interop import load_torch
from npseg.optim import SGD

torch = pytest.importorskip("torch")
F = torch.nn.functional
T = torch.nn

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True, params=["precise", "fast"])
def _precision(request):
    """Without Winograd, and with whatever the plan chooses."""
    with config.use(precision=request.param):
        yield


TOLERANCES = {"float64": (1e-8, 1e-8), "float32": (1e-4, 1e-3)}  # outputs, gradients


def error(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


# -- the models in PyTorch -----------------------------------------------------------------------------------


class DoubleConv(T.Module):
    def __init__(self, a, b, mid=None):
        super().__init__()
        m = mid or b
        self.double_conv = T.Sequential(
            T.Conv2d(a, m, 3, padding=1, bias=False),
            T.BatchNorm2d(m),
            T.ReLU(),
            T.Conv2d(m, b, 3, padding=1, bias=False),
            T.BatchNorm2d(b),
            T.ReLU(),
        )

    def forward(self, x):
        return self.double_conv(x)


class Down(T.Module):
    def __init__(self, a, b):
        super().__init__()
        self.maxpool_conv = T.Sequential(T.MaxPool2d(2), DoubleConv(a, b))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(T.Module):
    def __init__(self, a, b, upsampling, skips):
        super().__init__()
        self.skips = skips
        if upsampling == "bilinear":
            self.up = T.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        elif upsampling == "transposed":
            self.up = T.ConvTranspose2d(a, a // 2, 2, stride=2)
        else:
            self.up = T.Sequential(T.Conv2d(a, 2 * a, 1), T.PixelShuffle(2))
        mid = a // 2 if upsampling == "bilinear" else None
        self.conv = DoubleConv(a if skips else a // 2, b, mid)

    def forward(self, x, skip):
        x = self.up(x)
        dy, dx = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.conv(torch.cat([skip, x], 1) if self.skips else x)


class OutConv(T.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv = T.Conv2d(a, b, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(T.Module):
    def __init__(self, channels, classes, base, upsampling, skips=True):
        super().__init__()
        f = 2 if upsampling == "bilinear" else 1
        self.inc = DoubleConv(channels, base)
        self.down1 = Down(base, 2 * base)
        self.down2 = Down(2 * base, 4 * base // f)
        self.up1 = Up(4 * base, 2 * base // f, upsampling, skips)
        self.up2 = Up(2 * base, base, upsampling, skips)
        self.outc = OutConv(base, classes)

    def forward(self, x):
        a = self.inc(x)
        b = self.down1(a)
        c = self.down2(b)
        return self.outc(self.up2(self.up1(c, b), a))


class FCN(T.Module):
    def __init__(self, stride, channels, classes, width, fc, norm):
        super().__init__()
        self.stride, self.norm = stride, norm
        self.plan = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]
        c = channels
        for s, (n, full) in enumerate(self.plan, 1):
            for i in range(1, n + 1):
                setattr(self, f"conv{s}_{i}", T.Conv2d(c, round(full * width), 3, padding=1, bias=not norm))
                c = round(full * width)
                if norm:
                    setattr(self, f"bn{s}_{i}", T.BatchNorm2d(c))
        self.fc6 = T.Conv2d(c, fc, 7, padding=3)
        self.fc7 = T.Conv2d(fc, fc, 1)
        self.score_fr = T.Conv2d(fc, classes, 1)
        k = classes

        def up(f):
            return T.ConvTranspose2d(k, k, 2 * f, stride=f, padding=f // 2, bias=False)

        if stride == 32:
            self.upscore = up(32)
        else:
            self.score_pool4 = T.Conv2d(round(512 * width), k, 1)
            self.upscore2 = up(2)
            if stride == 8:
                self.score_pool3 = T.Conv2d(round(256 * width), k, 1)
                self.upscore_pool4 = up(2)
            setattr(self, f"upscore{stride}", up(stride))

    def forward(self, x):
        size, pools = x.shape[2:], []
        for s, (n, _) in enumerate(self.plan, 1):
            for i in range(1, n + 1):
                x = getattr(self, f"conv{s}_{i}")(x)
                if self.norm:
                    x = getattr(self, f"bn{s}_{i}")(x)
                x = F.relu(x)
            x = F.max_pool2d(x, 2, ceil_mode=True)
            pools.append(x)
        h = self.score_fr(F.relu(self.fc7(F.relu(self.fc6(x)))))
        if self.stride <= 16:
            s4 = self.score_pool4(pools[3])
            h = self.upscore2(h)[:, :, : s4.shape[2], : s4.shape[3]] + s4
        if self.stride == 8:
            s3 = self.score_pool3(pools[2])
            h = self.upscore_pool4(h)[:, :, : s3.shape[2], : s3.shape[3]] + s3
        h = (self.upscore if self.stride == 32 else getattr(self, f"upscore{self.stride}"))(h)
        return h[:, :, : size[0], : size[1]]


W, FC = 1 / 32, 6
UNET = {"base_channels": 4, "depth": 2}
FCNC = {"width": W, "fc_channels": FC, "dropout": 0.0}
PAIRS = {
    "unet": (lambda: UNet(3, 3, 4, "transposed"), "unet", UNET),
    "unet_bilinear": (lambda: UNet(3, 3, 4, "bilinear"), "unet", UNET | {"upsampling": "bilinear"}),
    "unet_shuffle": (lambda: UNet(3, 3, 4, "pixel_shuffle"), "unet", UNET | {"upsampling": "pixel_shuffle"}),
    "unet_no_skips": (lambda: UNet(3, 3, 4, "transposed", False), "unet", UNET | {"skips": False}),
    "unet_bilinear_no_skips": (
        lambda: UNet(3, 3, 4, "bilinear", False),
        "unet",
        UNET | {"upsampling": "bilinear", "skips": False},
    ),
    "fcn32s": (lambda: FCN(32, 3, 3, W, FC, True), "fcn32s", FCNC | {"batch_norm": True}),
    "fcn16s": (lambda: FCN(16, 3, 3, W, FC, False), "fcn16s", FCNC),
    "fcn8s": (lambda: FCN(8, 3, 3, W, FC, True), "fcn8s", FCNC | {"batch_norm": True}),
}


def pair(case, dtype):
    """Our model and PyTorch's, with the same weights of ordinary size."""
    make, name, config = PAIRS[case]
    torch.manual_seed(0)
    theirs = make().to(getattr(torch, dtype))
    for p in theirs.parameters():
        fan = p[0].numel() if p.ndim > 1 else 0
        with torch.no_grad():
            p.copy_(torch.randn_like(p) * (2 / fan) ** 0.5 if fan else 0.5 + torch.rand_like(p))
    ours = npseg.create_model(name, num_classes=3, **config).to(dtype)
    match = load_torch(ours, theirs.state_dict(), strict=True)
    assert match.missing == match.unexpected == ()
    return ours, theirs


def scene(dtype, size=(37, 42), batch=2):
    rng = np.random.default_rng(1)
    images = rng.standard_normal((batch, *size, 3)).astype(dtype)
    labels = rng.integers(0, 3, (batch, *size))
    labels[:, :3] = 255
    return images, labels


def nchw(x):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 1)))


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("case", PAIRS)
def test_outputs_and_all_gradients_agree(case, dtype):
    ours, theirs = pair(case, dtype)
    images, labels = scene(dtype)
    for_outputs, for_gradients = TOLERANCES[dtype]

    x, y = npseg.Tensor(images, requires_grad=True), nchw(images).requires_grad_()
    a, b = ours(x), theirs(y)
    assert error(np.moveaxis(a.data, -1, 1), b.detach()) <= for_outputs
    npseg.losses.cross_entropy(a, labels).backward()
    F.cross_entropy(b, torch.from_numpy(labels), ignore_index=255).backward()
    assert error(np.moveaxis(x.grad, -1, 1), y.grad) <= for_gradients

    other = npseg.create_model(**ours.config).to(dtype)
    load_torch(other, {n: p.grad for n, p in theirs.named_parameters()}, strict=False)
    gradients = dict(other.named_parameters())
    worst = {n: error(p.grad, gradients[n].data) for n, p in ours.named_parameters()}
    assert max(worst.values()) <= for_gradients, worst

    # The running averages moved alike, so evaluation agrees too.
    a, b = ours.eval()(images), theirs.eval()(nchw(images)).detach()
    assert error(np.moveaxis(a.data, -1, 1), b) <= for_outputs


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-8), ("float32", 1e-3)])
def test_twenty_steps_of_training_follow_the_same_curve(dtype, tolerance):
    ours, theirs = pair("unet", dtype)
    mine = SGD(ours.parameters(), lr=0.05, momentum=0.9)
    peer = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    curve, reference = [], []
    rng = np.random.default_rng(2)
    for _ in range(20):
        images = rng.standard_normal((2, 20, 24, 3)).astype(dtype)
        labels = (images.sum(-1) > 0).astype(np.int64) + (images[..., 0] > 1)
        loss = npseg.losses.cross_entropy(ours(images), labels)
        ours.zero_grad()
        loss.backward()
        mine.step()
        curve.append(loss.item())
        other = F.cross_entropy(theirs(nchw(images)), torch.from_numpy(labels))
        peer.zero_grad()
        other.backward()
        peer.step()
        reference.append(other.item())
    assert reference[-1] < 0.9 * reference[0]
    assert error(curve, reference) <= tolerance
