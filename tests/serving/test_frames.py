"""What the two processes send each other arrives as it was sent."""

import io
import math

from hypothesis import given
from hypothesis import strategies as st

from pixelmill.serving.frames import (
    ANSWER_HEADER,
    Answer,
    Question,
    Status,
    Task,
    answer_size,
    parse_answer,
    read_question,
)

TICKETS = st.integers(0, 2**64 - 1)
SECONDS = st.floats(0, 1e6, width=32)


@given(TICKETS, st.sampled_from(Task), st.integers(0, 2**32 - 1), st.binary(max_size=200))
def test_questions_arrive_as_they_were_sent(ticket, task, k, content):
    question = Question(ticket, task, k, content)
    stream = io.BytesIO((question.header() + content) * 2)
    assert read_question(stream) == question
    assert read_question(stream) == question
    assert read_question(stream) is None


@given(TICKETS, st.sampled_from(Task), st.binary(max_size=50), st.data())
def test_half_a_question_is_none(ticket, task, content, data):
    whole = (question := Question(ticket, task, 1, content)).header() + question.content
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert read_question(io.BytesIO(whole[:cut])) is None


@given(
    TICKETS,
    st.sampled_from(Status),
    st.binary(max_size=200),
    SECONDS,
    SECONDS,
    SECONDS,
    st.integers(0, 255),
)
def test_answers_arrive_as_they_were_sent(ticket, status, content, decode, queue, infer, batch):
    answer = Answer(ticket, status, content, decode, queue, infer, batch)
    sent = answer.to_bytes()
    header, rest = sent[:ANSWER_HEADER], sent[ANSWER_HEADER:]
    assert answer_size(header) == len(rest)
    assert parse_answer(header, rest) == answer
    assert math.isfinite(parse_answer(header, rest).decode_seconds)
