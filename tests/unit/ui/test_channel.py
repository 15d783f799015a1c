from __future__ import annotations

from quantsim_viz.ui.components.channel import Channel


def message(client: str, *seqs: int) -> dict[str, object]:
    return {"client": client, "acts": [{"seq": seq, "type": "act"} for seq in seqs]}


def test_acts_sent_again_are_not_done_again() -> None:
    channel = Channel()
    assert len(channel.receive(message("a", 1, 2))) == 2
    assert [act["seq"] for act in channel.receive(message("a", 1, 2, 3))] == [3]
    assert channel.ack == ["a", 3, channel.token]


def test_a_reloaded_page_counts_from_the_beginning() -> None:
    channel = Channel()
    channel.receive(message("a", 1, 2, 3))
    assert [act["seq"] for act in channel.receive(message("b", 1))] == [1]


def test_a_restarted_server_does_not_do_what_the_old_one_did() -> None:
    old, new = Channel(), Channel()
    sent = {"client": "a", "acts": [{"seq": 4, "to": old.token}, {"seq": 5, "to": new.token}]}
    assert [act["seq"] for act in new.receive(sent)] == [5]
    assert new.receive(sent) == []
    assert new.ack == ["a", 5, new.token]


def test_nothing_sent_is_nothing_done() -> None:
    assert Channel().receive(None) == []
