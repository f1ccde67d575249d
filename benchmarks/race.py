"""The race of CD-1, CD-10 and PCD-1 on MNIST, as the page about RBMs tells it.

    python -m benchmarks.race [--out pretrained]

Prints a table, a row for every epoch and contestant; with --out also writes race-mnist.json (the table, epoch by epoch)
and the contestants' weights, which are those of the presets rbm-cd1-mnist, rbm-cd10-mnist and rbm-pcd1-mnist.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch

from deepgen import checkpoint, datasets, evaluation
from deepgen.evaluation import PRETRAINED
from deepgen.presets import PRESETS
from deepgen.race import race

FILES = {"CD-1": "rbm-cd1-mnist", "CD-10": "rbm-cd10-mnist", "PCD-1": "rbm-pcd1-mnist"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--num-betas", type=int, default=500)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    presets = {name: PRESETS[file] for name, file in FILES.items()}
    trainers = {name: preset.trainers[0] for name, preset in presets.items()}
    first = presets["PCD-1"]
    data, test = datasets.load("mnist").images, datasets.binarised_test("mnist")
    classifier, _ = checkpoint.load(PRETRAINED / "classifier-mnist.safetensors")
    runs = race(
        trainers,
        first.config,
        data,
        test,
        seed=first.seed,
        label=lambda images: classifier.logits(images).argmax(1),
        num_betas=arguments.num_betas,
        num_chains=50,
        burn_in=200,
    )
    names = ("reconstruction_error", "log_likelihood_reverse_ais", "log_likelihood_ais", "autocorrelation", "digits")
    print(("epoch  {:8}" + " {:>27}" * 5).format("", *names))
    history, start = [], time.process_time()
    for laps in runs:
        for name, lap in laps.items():
            row = dict(
                zip(
                    names,
                    (
                        lap.reconstruction_error,
                        lap.log_likelihood.lower,
                        lap.log_likelihood.upper,
                        float(lap.autocorrelation[-1]),
                        lap.digits_visited,
                    ),
                    strict=True,
                )
            )
            print((f"{lap.epoch:5}  {name:8}" + " {:27.4f}" * 5).format(*row.values()), flush=True)
            rounded = {key: round(value, 5) if math.isfinite(value) else None for key, value in row.items()}
            history.append({"epoch": lap.epoch, "name": name, **rounded})
    print(f"{time.process_time() - start:.0f} s of one core, measurements included")
    if arguments.out is None:
        return
    (arguments.out / "race-mnist.json").write_text(json.dumps(history))
    for name, file in FILES.items():
        path, preset = arguments.out / f"{file}.safetensors", presets[name]
        card = {"trainer": preset.trainers, "data": "mnist", "seed": preset.seed, "preset": file}
        checkpoint.save(laps[name].model, path, dtype=torch.float16, **card)
        metrics = evaluation.evaluate(checkpoint.load(path)[0], "mnist")
        metrics["reconstruction_error"] = laps[name].reconstruction_error
        checkpoint.save(laps[name].model, path, dtype=torch.float16, metrics=metrics, **card)


if __name__ == "__main__":
    main()
