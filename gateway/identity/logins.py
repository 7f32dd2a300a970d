"""From a name and a password to a user."""

from gateway.identity.attempts import Attempts, Origin
from gateway.identity.errors import Unauthenticated
from gateway.identity.passwords import Passwords
from gateway.identity.tables import NAME_LENGTH
from gateway.identity.users import User, Users


class Logins:
    """Checks passwords, and slows down who tries them."""

    def __init__(self, users: Users, passwords: Passwords, attempts: Attempts) -> None:
        self._users = users
        self._passwords = passwords
        self._attempts = attempts

    async def user(self, name: str, password: str, address: str) -> User:
        """The user of this name and password.

        Raises `Unauthenticated` (whether the name, the password or the user's state is wrong, it doesn't say),
        `LoginsLimited`, `Overloaded` or `DatabaseUnavailable`.
        """
        origin = Origin(name[:NAME_LENGTH], address)
        self._attempts.begin(origin)
        try:
            user = await self._checked(name, password)
        except Unauthenticated:
            raise
        except BaseException:
            self._attempts.take_back(origin)
            raise
        self._attempts.succeed(origin)
        return user

    async def _checked(self, name: str, password: str) -> User:
        user, hashed = await self._users.with_hash(name)
        is_right = await self._passwords.is_right(hashed, password)
        if user is None or hashed is None or user.disabled is not None or not is_right:
            raise Unauthenticated("The name or the password is wrong.")
        if self._passwords.is_outdated(hashed):
            await self._users.rehash(name, hashed, await self._passwords.hash(password))
        return user
