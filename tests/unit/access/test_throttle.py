from pim.access.throttle import Throttle


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_sixth_attempt_has_to_wait_until_the_first_failure_is_old():
    clock = Clock()
    throttle = Throttle(attempts=5, window=300, clock=clock)
    for _ in range(5):
        assert throttle.wait("a") == 0
        throttle.failed("a")
        clock.now += 10

    assert throttle.wait("a") == 250

    clock.now += 250
    assert throttle.wait("a") == 0


def test_failures_of_one_person_do_not_slow_down_another():
    throttle = Throttle(attempts=1)
    throttle.failed("a")

    assert throttle.wait("a") > 0
    assert throttle.wait("b") == 0


def test_success_forgets_the_failures():
    throttle = Throttle(attempts=1)
    throttle.failed("a")
    throttle.forget("a")

    assert throttle.wait("a") == 0
