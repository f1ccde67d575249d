"""The middleware around the application: the head start, the headers, and the messages that it drops."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui import assets, front

HTML = b"<!DOCTYPE html><html><head><title>Streamlit</title></head></html>"


def run(coroutine) -> None:
    """In a thread of its own: the browser tests may have left an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def answer(path: str, content_type: bytes = b"text/html; charset=utf-8", body: bytes = HTML) -> tuple[dict, bytes]:
    """Headers and body that a visitor gets when the application answers with ``body``, in two pieces."""
    sent = []

    async def application(scope, receive, send):
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:]})

    async def send(message):
        sent.append(message)

    run(front.Front(application)({"type": "http", "path": path}, None, send))
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def test_a_page_gets_a_head_start():
    headers, body = answer("/rbm")
    assert assets.code_url("rbm/stage/component.js").encode() in body
    assert assets.code_url("kit/component.js").encode() in body  # which the component imports
    assert assets.code_url("engine/worker.js").encode() in body  # which its client starts
    assert assets.weights_url("rbm-mnist").encode() in body
    assert assets.images_url("mnist").encode() in body
    assert int(headers[b"content-length"]) == len(body)
    assert body.endswith(HTML[HTML.index(b"<title>") :])


def test_other_answers_pass_unchanged():
    assert answer("/rbm", b"application/json", b'{"status": "ok"}   ')[1] == b'{"status": "ok"}   '
    assert answer("/no-such-page")[1] == HTML


def test_every_answer_has_the_headers():
    assert answer("/rbm")[0][b"x-content-type-options"] == b"nosniff"
    assert answer("/x", b"image/png", b"0123456789abc")[0][b"referrer-policy"] == b"same-origin"


def test_a_page_may_load_only_what_comes_from_here():
    policy = answer("/rbm")[0][b"content-security-policy"].decode()
    assert "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-" in policy
    assert "'unsafe-eval'" not in policy and "script-src 'unsafe-inline'" not in policy
    assert b"content-security-policy" not in answer("/x", b"image/png", b"0123456789abc")[0]


@pytest.mark.parametrize("page", front.HEAD_START)
def test_every_component_of_the_table_exists(page):
    component, *_ = front.HEAD_START[page]
    assert f"{component}/component.js" in front.modules(f"{component}/component.js")


def heard(*messages: BackMsg | bytes) -> list:
    """What the application hears of the messages that a visitor sends."""
    received = []

    async def application(scope, receive, send):
        while (message := await receive())["type"] != "websocket.disconnect":
            received.append(message["bytes"])

    queue = [{"type": "websocket.receive", "bytes": m if isinstance(m, bytes) else m.SerializeToString()} for m in messages]
    queue.append({"type": "websocket.disconnect"})

    async def receive():
        return queue.pop(0)

    run(front.Front(application)({"type": "websocket", "path": "/_stcore/stream"}, receive, None))
    return received


def test_a_visitor_cannot_act_for_everybody():
    rerun = BackMsg()
    rerun.rerun_script.query_string = "a=1"
    hostile = [BackMsg(clear_cache=True), BackMsg(debug_shutdown_runtime=True), BackMsg(set_run_on_save=True)]
    assert heard(*hostile, rerun) == [rerun.SerializeToString()]
    assert heard(b"\xff\xfe not a message") == [b"\xff\xfe not a message"]
