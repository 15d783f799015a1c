"""Train, export and measure the samples: `python -m sample_models.build` from the project's root.

Everything is seeded and runs on one thread, so the accuracies come out the same again. Needs the
`test` extra (scikit-learn for the images, onnxruntime to measure what was written).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sample_models import digits_cnn, digits_mobilenet, digits_vit
from sample_models.weights import save_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).resolve().parent
SEED = 20260
OPSET = 20
BATCH = 64
TEST_SHARE = 0.3
CALIBRATION_IMAGES = 256
SCOPE_METADATA = ("namespace", "pkg.torch.onnx.class_hierarchy", "pkg.torch.onnx.name_scopes")


@dataclass(frozen=True)
class Recipe:
    """How one sample is made: the architecture, how long it trains, and what to call it."""

    name: str
    module: type[nn.Module]
    build: Callable[[], tuple[nn.Module, tuple[torch.Tensor]]]
    title: str
    description: str
    epochs: int
    learning_rate: float


RECIPES = (
    Recipe(
        digits_cnn.NAME,
        digits_cnn.DigitsCnn,
        digits_cnn.build,
        "Digits CNN",
        "A plain CNN on 8×8 handwritten digits: Conv+Relu, MaxPool, Squeeze, Gemm.",
        epochs=60,
        learning_rate=4e-3,
    ),
    Recipe(
        digits_mobilenet.NAME,
        digits_mobilenet.DigitsMobileNet,
        digits_mobilenet.build,
        "Digits MobileNet",
        "Residual blocks of depthwise convolutions on 8×8 handwritten digits: Conv+Clip, Add+Relu.",
        epochs=60,
        learning_rate=3e-3,
    ),
    Recipe(
        digits_vit.NAME,
        digits_vit.DigitsVit,
        digits_vit.build,
        "Digits ViT",
        "A vision transformer on 8×8 handwritten digits: LayerNormalization, MatMul, Gelu.",
        epochs=80,
        learning_rate=2e-3,
    ),
)


@dataclass(frozen=True)
class Split:
    """Images `[N, 1, 8, 8]` in [0, 1] and their labels `[N]`."""

    image: np.ndarray
    labels: np.ndarray

    def save(self, path: Path) -> None:
        np.savez_compressed(path, image=self.image, labels=self.labels)


def split_digits() -> tuple[Split, Split, Split]:
    """Return training, calibration (a part of training) and test images, stratified by digit."""
    digits = load_digits()
    image = (digits.images / 16).astype(np.float32)[:, np.newaxis]
    labels = digits.target.astype(np.int64)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_SHARE, stratify=labels, random_state=SEED
    )
    calibration, _ = train_test_split(
        train, train_size=CALIBRATION_IMAGES, stratify=labels[train], random_state=SEED
    )
    return tuple(Split(image[i], labels[i]) for i in (train, calibration, test))  # type: ignore[return-value]  # three in, three out


def iter_batches(
    split: Split, generator: torch.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield shuffled batches, each image moved by up to one pixel in either direction."""
    order = torch.randperm(len(split.labels), generator=generator)
    images, labels = torch.from_numpy(split.image), torch.from_numpy(split.labels)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        shifts = torch.randint(-1, 2, (len(chosen), 2), generator=generator).tolist()
        moved = [shift_image(images[i], *shift) for i, shift in zip(chosen, shifts, strict=True)]
        yield torch.stack(moved), labels[chosen]


def shift_image(image: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Move an image `[1, 8, 8]`, filling with black what comes in at the edge."""
    padded = nn.functional.pad(image, (1, 1, 1, 1))
    return padded[:, 1 - down : 9 - down, 1 - right : 9 - right]


def train(recipe: Recipe, split: Split) -> nn.Module:
    """Train a sample from its seed, with AdamW and a one-cycle learning rate."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    module = recipe.module().train()
    optimizer = torch.optim.AdamW(module.parameters(), weight_decay=0.02)
    steps = recipe.epochs * -(-len(split.labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=recipe.learning_rate, total_steps=steps
    )
    for _ in range(recipe.epochs):
        for images, labels in iter_batches(split, generator):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(module(images), labels, label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            schedule.step()
    return module.eval()


def export(module: nn.Module, images: tuple[torch.Tensor], path: Path) -> onnx.ModelProto:
    """Write the module as ONNX with a symbolic batch, its scopes kept, nothing of this machine."""
    program = torch.onnx.export(
        module,
        images,
        dynamo=True,
        opset_version=OPSET,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes={"image": {0: torch.export.Dim("batch")}},
        verbose=False,
    )
    if program is None:
        raise RuntimeError(f"the exporter returned nothing for {path.name}")
    proto = program.model_proto
    strip_metadata(proto)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save_model(proto, path)
    return proto


def strip_metadata(proto: onnx.ModelProto) -> None:
    """Drop what the exporter notes of the tracing run; keep the module scopes of the nodes."""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    proto.doc_string = proto.graph.doc_string = ""
    values = (*proto.graph.input, *proto.graph.output, *proto.graph.value_info)
    for entry in (*values, *proto.graph.initializer):
        del entry.metadata_props[:]
        entry.doc_string = ""
    for node in proto.graph.node:
        kept = [item for item in node.metadata_props if item.key in SCOPE_METADATA]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""


def measure_accuracy(path: Path, split: Split) -> float:
    """Return the top-1 accuracy of an ONNX file under onnxruntime."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"image": split.image})
    return float((np.asarray(logits).argmax(1) == split.labels).mean())


def build_sample(recipe: Recipe, train_split: Split, test_split: Split) -> dict[str, object]:
    """Train, save, export and measure one sample; return its entry in `samples.json`."""
    save_weights(digits_mobilenet.fold_norms(train(recipe, train_split)), recipe.name)
    path = FOLDER / f"{recipe.name}.onnx"
    module, images = recipe.build()
    proto = export(module, images, path)
    accuracy = measure_accuracy(path, test_split)
    operators = Counter(node.op_type for node in proto.graph.node)
    print(f"{recipe.name}: {accuracy:.4f}, {path.stat().st_size} bytes, {dict(operators)}")
    return {
        "name": recipe.name,
        "title": recipe.title,
        "description": recipe.description,
        "model": path.name,
        "module": f"{recipe.module.__module__}:build",
        "data": "digits_test.npz",
        "calibration": "digits_calibration.npz",
        "metric": "top1",
        "float_accuracy": round(accuracy, 6),
        "samples": len(test_split.labels),
        "nodes": len(proto.graph.node),
        "operators": dict(sorted(operators.items())),
    }


def main() -> None:
    """Build all samples and the list of them."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    train_split, calibration_split, test_split = split_digits()
    calibration_split.save(FOLDER / "digits_calibration.npz")
    test_split.save(FOLDER / "digits_test.npz")
    samples = [build_sample(recipe, train_split, test_split) for recipe in RECIPES]
    text = json.dumps({"samples": samples}, indent=2, ensure_ascii=False)
    (FOLDER / "samples.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
