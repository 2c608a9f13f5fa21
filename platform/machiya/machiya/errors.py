"""The errors that Machiya explains to people.

::

    MachiyaError               70  a bug in Machiya, or a case it has no better name for
    ├── ArgumentsError         64  an argument or option is wrong, or does not fit the others
    ├── ContractError          65  a component.yaml breaks the rules of the contract
    ├── NotFoundError          66  a folder, file or image that was named is not there
    ├── EngineError            69  no container engine answers, or it refused
    ├── RegistryError          69  a registry of images cannot be reached, or gives no answer that makes sense
    ├── ClusterError           69  Argo Server cannot be reached, cannot be trusted, or gives no answer that makes sense
    ├── RejectedError          65  Argo Server does not take what it was sent
    ├── ConflictError          75  somebody else changed the same thing at the same time
    ├── AccessError            77  a registry or Argo Server refuses the credentials, or wants some
    ├── OutputError            73  what should be written cannot be written
    ├── BuildError              1  an image could not be built
    ├── CheckError              1  what was checked ran to its end and was found wanting
    ├── RunFailedError          1  a run came to its end and did not succeed
    └── RunStoppedError       130  a run was stopped before its end

The numbers are exit codes: those of BSD's ``sysexits.h``, which components use too, and 1 for "looked, and the answer
is no". An error carries what is wrong and where (``message``) and what to do about it (``remedy``). It never prints
itself: ``machiya.cli.shell`` does, in one place.
"""

from typing import ClassVar


class MachiyaError(Exception):
    """The base of all errors that are explained to people."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class ArgumentsError(MachiyaError):
    """An argument or option is wrong, or does not fit the others."""

    exit_code = 64


class ContractError(MachiyaError):
    """A component.yaml breaks the rules of the contract."""

    exit_code = 65


class NotFoundError(MachiyaError):
    """A folder, file or image that was named is not there."""

    exit_code = 66


class EngineError(MachiyaError):
    """No container engine answers, or it refused to do what was asked."""

    exit_code = 69


class RegistryError(MachiyaError):
    """A registry of images cannot be reached, is too slow, cannot be trusted, or gives no answer that makes sense."""

    exit_code = 69


class ClusterError(MachiyaError):
    """Argo Server cannot be reached, is too slow, cannot be trusted, or gives no answer that makes sense."""

    exit_code = 69


class RejectedError(MachiyaError):
    """Argo Server does not take what it was sent: it says why."""

    exit_code = 65


class ConflictError(MachiyaError):
    """Somebody else changed the same thing at the same time. Doing it again may help."""

    exit_code = 75


class AccessError(MachiyaError):
    """A registry of images or Argo Server refuses the credentials, or wants some where there are none."""

    exit_code = 77


class OutputError(MachiyaError):
    """What should be written cannot be written, or something is in its place."""

    exit_code = 73


class BuildError(MachiyaError):
    """An image could not be built."""

    exit_code = 1


class CheckError(MachiyaError):
    """What was checked ran to its end and was found wanting."""

    exit_code = 1


class RunFailedError(MachiyaError):
    """A run came to its end and did not succeed."""

    exit_code = 1


class RunStoppedError(MachiyaError):
    """A run was stopped before its end: by Ctrl-C, a signal, or `machiya stop`."""

    exit_code = 130
