"""What is told of a long fit, and how often."""

from include.gmm.mixture.progress import Progress, now_and_then


def test_progress_reads_as_a_line() -> None:
    assert str(Progress("Rounds of starts", 2, 8)) == "Rounds of starts: 2 of 8"
    assert str(Progress("Rounds of starts", 2, None)) == "Rounds of starts: 2"
    assert str(Progress("Fitting", 1, 3, 20)) == "Fitting: 1 of 3 after 20 passes over the rows"


def test_every_word_is_told_where_no_time_has_to_pass() -> None:
    heard: list[Progress] = []
    hear = now_and_then(heard.append, seconds=0)
    words = [Progress("Fitting", done, 3) for done in range(4)]
    for word in words:
        hear(word)
    assert heard == words


def test_the_first_word_of_each_stage_is_told_and_no_other_before_its_time() -> None:
    heard: list[Progress] = []
    hear = now_and_then(heard.append, seconds=3600)
    for stage in ("Starts", "All rows"):
        for done in range(4):
            hear(Progress(stage, done, 3))
    assert heard == [Progress("Starts", 0, 3), Progress("All rows", 0, 3)]


def test_two_listeners_do_not_share_their_time() -> None:
    heard: list[Progress] = []
    for _ in range(2):
        now_and_then(heard.append, seconds=3600)(Progress("Fitting", 0, 3))
    assert len(heard) == 2
