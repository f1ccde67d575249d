"""What the browser reads: every half-precision number, and broken files, which give sentences."""

import json
import struct

import numpy as np
import torch


def safetensors_bytes(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


CARD = {"__metadata__": {"card": json.dumps({"family": "rbm"})}}


def with_tensor(dtype="F32", shape=(1,), offsets=(0, 4), num_bytes=4, **header):
    entry = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    entry = {name: value for name, value in entry.items() if value is not None}
    return safetensors_bytes({**CARD, "W": entry, **header}, bytes(num_bytes))


BROKEN = {
    "empty": (b"", "shorter than"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "announces a header"),
    "cut off in the header": (safetensors_bytes(CARD, length=5000), "announces a header"),
    "header no JSON": (safetensors_bytes(b"{not json"), "not JSON"),
    "header no text": (safetensors_bytes(b"\xff\xfe\xff"), "not JSON"),
    "header a list": (safetensors_bytes([1, 2]), "not a JSON object"),
    "no metadata": (with_tensor(__metadata__=None), "no card"),
    "card no JSON": (safetensors_bytes({"__metadata__": {"card": "rbm"}}), "no card"),
    "card null": (safetensors_bytes({"__metadata__": {"card": "null"}}), "no card"),
    "foreign family": (safetensors_bytes({"__metadata__": {"card": '{"family": "gan"}'}}), "'gan'"),
    "dtype": (with_tensor("F64", offsets=(0, 8), num_bytes=8), "F64"),
    "length": (with_tensor(shape=(3,), offsets=(0, 8), num_bytes=8), "needs 12 bytes"),
    "cut off": (with_tensor(shape=(3,), offsets=(0, 12), num_bytes=8), "cut off"),
    "negative": (with_tensor(offsets=(-4, 0)), "cut off"),
    "no shape": (with_tensor(shape=None), "no shape"),
    "no offsets": (with_tensor(offsets=None), "no shape"),
    "odd shape": (with_tensor(shape=("2",), offsets=(0, 8), num_bytes=8), "no shape"),
    "tensor null": (safetensors_bytes({**CARD, "W": None}), "no shape"),
    "tensor missing": (with_tensor(), "lacks the tensor"),
}


def test_broken_files_give_sentences(engine, site):
    for number, (content, _) in enumerate(BROKEN.values()):
        (site.folder / f"broken-{number}.safetensors").write_bytes(content)
    messages = engine(
        """const messages = [];
        for (const url of argument.urls) {
            const machine = engine.fetchModel(url).then(engine.machineOf);
            messages.push(await machine.then(() => null, (error) => error.message));
        }
        return messages;""",
        urls=[f"{site.url}/broken-{number}.safetensors" for number in range(len(BROKEN))],
    )
    for (case, (_, expected)), message in zip(BROKEN.items(), messages, strict=True):
        assert message is not None, case
        assert expected in message, (case, message)
        assert message[0].isupper() and message.endswith("."), (case, message)


def test_half_precision_numbers(engine, site):
    """Every finite float16, and bfloat16, against torch."""
    bits = torch.arange(0, 2**16, dtype=torch.int32).to(torch.int16)
    tensors = {"F16": bits.view(torch.float16), "BF16": bits.view(torch.bfloat16)}
    header, data = dict(CARD), b""
    for name in tensors:
        header[name] = {"dtype": name, "shape": [2**16], "data_offsets": [len(data), len(data) + 2**17]}
        data += bits.numpy().tobytes()
    (site.folder / "half.safetensors").write_bytes(safetensors_bytes(header, data))
    got = engine(
        """const {tensors} = await engine.fetchModel(argument.url);
        return ['F16', 'BF16'].map((name) => list(new Uint32Array(tensors[name].data.buffer)));""",
        url=f"{site.url}/half.safetensors",
    )
    for words, expected in zip(got, tensors.values(), strict=True):
        values = torch.tensor(np.array(words, dtype=np.uint32).view(np.float32).copy())
        assert torch.equal(values.nan_to_num(nan=7), expected.float().nan_to_num(nan=7))
