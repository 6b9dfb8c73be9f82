"""Who may do what on the broker, from the topic registry: bindings as Kafka's own tool takes them.

A principal is a name of the registry: a stage or a command of ours, or a team that reads ("billing", "care"). To make
topics and to look at the cluster is the administrator's, and not among them.
"""

import shlex
from dataclasses import dataclass
from typing import Final, Literal

from schemas.taxonomy import WORKERS, Stage, Watcher
from schemas.topics import TOPICS, name_in
from streams.kafka.group import DECISIONS, group_of, transactional_id_of
from streams.settings import Settings

Resource = Literal["topic", "group", "transactional-id"]

COMMANDS: Final = ("dlq", "repair", "forget")
"""Commands that write in transactions."""
_PRODUCER_OF: Final = {"dlq": DECISIONS, "repair": "repair", "forget": DECISIONS, "detector": Watcher.DETECTOR}
"""Whose transactional id a command, or the detector, takes."""
_READ: Final = ("Read", "Describe")
_WRITE: Final = ("Write", "Describe")


@dataclass(frozen=True, slots=True)
class Acl:
    """What one principal may do to one resource, or to all whose name begins so."""

    principal: str
    operations: tuple[str, ...]
    resource: Resource
    name: str
    is_prefix: bool = False


def acls(settings: Settings) -> list[Acl]:
    """Returns every binding of a deployment: topics first, then consumer groups, then transactional ids."""
    return [*_of_topics(settings.namespace), *_of_groups(settings), *_of_transactions(settings)]


def command_of(acl: Acl, bootstrap: str) -> str:
    """Returns the line for a shell that makes a binding; `kafka-acls.sh` comes with Kafka."""
    words = ["kafka-acls.sh", "--bootstrap-server", bootstrap, "--add", "--allow-principal", f"User:{acl.principal}"]
    for operation in acl.operations:
        words += ["--operation", operation]
    words += [f"--{acl.resource}", acl.name]
    if acl.is_prefix:
        words += ["--resource-pattern-type", "prefixed"]
    return shlex.join(words)


def _of_topics(namespace: str) -> list[Acl]:
    bindings: list[Acl] = []
    for spec in TOPICS.values():
        topic = name_in(namespace, spec.name)
        bindings += [Acl(reader, _READ, "topic", topic) for reader in spec.readers]
        bindings += [Acl(writer, _WRITE, "topic", topic) for writer in spec.writers]
    return bindings


def _of_groups(settings: Settings) -> list[Acl]:
    ours = {one.value for one in (*Stage, *Watcher)}.union(COMMANDS)
    teams = sorted({reader for spec in TOPICS.values() for reader in spec.readers} - ours)
    return [
        *(Acl(stage.value, _READ, "group", group_of(settings, stage)) for stage in WORKERS),
        Acl("notifier", _READ, "group", f"{group_of(settings, Watcher.NOTIFIER)}-", is_prefix=True),  # of its channels
        Acl("repair", ("Describe",), "group", group_of(settings, Stage.CLASSIFIER)),  # it reads how far that one is
        *(Acl(team, _READ, "group", name_in(settings.namespace, team), is_prefix=True) for team in teams),
    ]


def _of_transactions(settings: Settings) -> list[Acl]:
    router = Acl("router", _WRITE, "transactional-id", f"{group_of(settings, Stage.ROUTER)}-", is_prefix=True)
    return [
        router,
        *(
            Acl(name, _WRITE, "transactional-id", transactional_id_of(settings, producer))
            for name, producer in _PRODUCER_OF.items()
        ),
    ]
