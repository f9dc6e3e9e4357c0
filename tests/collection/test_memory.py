"""Bodies in memory: bounded together, and none waits for ever."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.collection.memory import BytesInFlight

BODIES = st.lists(st.lists(st.integers(1, 40), max_size=8), min_size=1, max_size=12)


async def hold(bodies, parts, most):
    async with bodies.body() as body, asyncio.timeout(60) as clock:
        for part in parts:
            await body.take(part, clock)
            most.append(bodies.taken)
            await asyncio.sleep(0)


@settings(deadline=None)
@given(BODIES, st.integers(1, 100))
def test_the_sum_is_bounded_and_all_bodies_come(bodies, limit):
    async def run():
        in_flight, most = BytesInFlight(limit), [0]
        await asyncio.wait_for(asyncio.gather(*(hold(in_flight, one, most) for one in bodies)), 10)
        return in_flight, max(most)

    in_flight, most = asyncio.run(run())
    assert most <= limit + max(map(sum, bodies))
    assert in_flight.taken == 0
    assert not in_flight.turn.locked()


def test_the_clock_of_an_attempt_stops_while_it_waits():
    async def run():
        in_flight = BytesInFlight(10)
        async with in_flight.body() as first, asyncio.timeout(60) as clock:
            await first.take(11, clock)  # now it alone may exceed the limit
            waiting = asyncio.create_task(wait(in_flight))
            await asyncio.sleep(0.2)
        await waiting
        return in_flight.taken

    async def wait(in_flight):
        async with in_flight.body() as second, asyncio.timeout(0.1) as clock:
            await second.take(11, clock)

    assert asyncio.run(run()) == 0  # neither was interrupted, and both gave back what they took


def test_a_body_that_is_given_up_while_it_waits_leaves_no_trace():
    async def run():
        in_flight = BytesInFlight(10)
        async with in_flight.body() as first, asyncio.timeout(60) as clock:
            await first.take(11, clock)
            waiting = asyncio.create_task(hold(in_flight, [11], []))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        await hold(in_flight, [11], [])
        return in_flight.taken

    assert asyncio.run(run()) == 0
