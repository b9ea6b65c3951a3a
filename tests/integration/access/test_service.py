import pytest
from sqlalchemy.orm import Session

from pim.access import service
from pim.access.throttle import Throttle
from pim.db.unit_of_work import Work
from pim.errors import Conflict, NotPermitted, Refused

GOOD = "a long enough password"


@pytest.fixture
def people(session: Session) -> Work:
    work = Work(session=session)
    service.create_user(work, email="Ann@example.com", password=GOOD, role="editor")
    return work


def enter(work: Work, email: str, password: str, throttle: Throttle | None = None):
    return service.authenticate(
        work, email=email, password=password, address="127.0.0.1", throttle=throttle or Throttle()
    )


def test_a_person_is_found_by_address_in_any_case(people):
    assert enter(people, " ann@EXAMPLE.com", GOOD).role == "editor"


def test_the_password_is_kept_as_an_argon2_hash(people):
    assert service.find_user(people.session, "ann@example.com").password_hash.startswith("$argon2")


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(people):
    with pytest.raises(NotPermitted) as wrong:
        enter(people, "ann@example.com", "another password")
    with pytest.raises(NotPermitted) as unknown:
        enter(people, "bob@example.com", GOOD)

    assert str(wrong.value) == str(unknown.value)


def test_somebody_who_was_deactivated_stays_outside(people):
    service.find_user(people.session, "ann@example.com").active = False

    with pytest.raises(NotPermitted):
        enter(people, "ann@example.com", GOOD)


def test_after_too_many_failures_even_the_right_password_waits(people):
    throttle = Throttle(attempts=2)
    for _ in range(2):
        with pytest.raises(NotPermitted):
            enter(people, "ann@example.com", "guess", throttle)

    with pytest.raises(NotPermitted, match="Too many failed attempts"):
        enter(people, "ann@example.com", GOOD, throttle)


def test_an_address_is_taken_once_whatever_its_case(people):
    with pytest.raises(Conflict):
        service.create_user(people, email="ANN@example.com", password=GOOD, role="viewer")


def test_everything_that_is_wrong_with_a_user_is_told_at_once(people):
    with pytest.raises(Refused) as refusal:
        service.create_user(people, email="nobody", password="short", role="king")

    assert {v.path for v in refusal.value.violations} == {"email", "password", "role"}


def test_changing_the_password_needs_the_old_one_and_changes_the_stamp(people):
    user = service.find_user(people.session, "ann@example.com")
    before = service.stamp(user)

    with pytest.raises(Refused):
        service.change_password(people, user_id=user.id, old="wrong", new="another long one")
    service.change_password(people, user_id=user.id, old=GOOD, new="another long one")

    assert service.stamp(user) != before
    assert enter(people, "ann@example.com", "another long one").id == user.id
