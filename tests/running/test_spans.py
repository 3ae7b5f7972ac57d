"""When the work of a run was going on."""

from types import SimpleNamespace

from ensemble_kit.running.spans import Span, SpanRecorder, lanes


def test_no_lane_holds_two_pieces_at_once_and_none_is_in_vain():
    times = [(0, 4), (0, 1), (1, 3), (2, 5), (4, 6), (3, 4)]
    spans = [Span("m", "fit", begin, end) for begin, end in times]
    found = lanes(spans)
    assert sorted(s.begin for lane in found for s in lane) == [0, 0, 1, 2, 3, 4]
    assert len(found) == 3  # between 2 and 3 so many go on
    for lane in found:
        assert all(a.end <= b.begin for a, b in zip(lane, lane[1:], strict=False))


def test_work_is_noted_from_its_start_to_its_end_and_told_on():
    heard = []
    recorder = SpanRecorder(lambda *event: heard.append(event))
    fit, features = (
        SimpleNamespace(key=kind, kind=kind, member="ridge")
        for kind in ("fit", "features")
    )
    for event, node in (
        ("started", features),
        ("done", features),
        ("started", fit),
        ("failed", fit),
        ("failed", SimpleNamespace(key="never begun", kind="fit", member="ridge")),
    ):
        recorder.hear(event, node, {})
    assert len(heard) == 5
    assert [(s.member, s.kind) for s in recorder.spans] == [
        ("", "features"),
        ("ridge", "fit"),
    ]
    assert all(0 <= s.begin <= s.end for s in recorder.spans)
