"""``python -m tests.support.evidence_schemas`` writes the JSON Schemas of what packages hold to docs/reference/schemas.

They say which keys there are, and the form of each value: what a good file keeps. Whether it is canonical, whether its
parts fit together and its signatures hold is beyond a schema.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from concord.proofs.leaves import PACKAGE_KINDS, SEAL_SEQ, THINGS, VERSION, seal_type
from concord.proofs.report import CHECKS, FAIL, INDETERMINATE, NOT_APPLICABLE, PASS
from concord.proofs.shapes import HEX32, NAME, ORG, PACKAGE_ID, ROLES
from concord.proofs.signing import ALGORITHMS
from concord.proofs.statements import (
    ACTIONS,
    CHUNK_SIZE,
    CLASSIFICATIONS,
    LARGEST_SEQ,
    METHODS,
    RELATIONS,
)
from concord.proofs.trust import LEVELS, REVOKED, VALID
from concord.rules.canonical import LARGEST_INTEGER
from concord.rules.schemas import DIALECT

Schema = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schemas"
MOST_OF_A_KIND: Final = 64
EVENT_PATH: Final = r"events/[0-9]{6}\.json"
# A segment of a path: neither . nor .., without slash, backslash and control characters.
SEGMENT: Final = r"(?!\.{1,2}(?:/|$))[^/\\\u0000-\u001f\u007f-\u009f]+"


def text(pattern: str | None = None, **more: Any) -> Schema:
    """A text, which matches the pattern as a whole."""
    return {"type": "string"} | ({} if pattern is None else {"pattern": f"^(?:{pattern})$"}) | more


def integer(least: int = 0, most: int = LARGEST_INTEGER) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def encoded(length: int | None = None) -> Schema:
    """Standard padded base64, of so many bytes."""
    written = text("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", contentEncoding="base64")
    if length is None:
        return written | {"minLength": 4}
    characters = -(-length // 3) * 4
    return written | {"minLength": characters, "maxLength": characters}


def table(needed: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """A table with these keys and no others."""
    properties = {**needed, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(needed), "additionalProperties": False}


def each(one: Schema, **more: Any) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": one} | more


def named(pattern: str | None, one: Schema) -> Schema:
    """A table with free keys."""
    names = {} if pattern is None else {"propertyNames": text(pattern)}
    return {"type": "object", "additionalProperties": one} | names


def key_name(*roles: str) -> Schema:
    """The name of a key of one of these roles."""
    return text(rf"{ORG.pattern}/(?:{'|'.join(roles)})/[a-z0-9-]{{1,32}}#[1-9][0-9]{{0,8}}")


TIME = text("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", format="date-time")
DIGEST = text(HEX32.pattern)
PAIR = table({"sha256": DIGEST, "sm3": DIGEST})
COMMITS = named(NAME.pattern, PAIR)
ORGANISATION = text(ORG.pattern)
PUBLIC = {"ed25519": encoded(32), "sm2": encoded(65)}


def two_signatures(key: Schema) -> Schema:
    """Both signatures of one key, in order."""
    items = [table({"alg": {"const": alg}, "key": key, "sig": encoded(64)}) for alg in ALGORITHMS]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}


def manifest() -> Schema:
    """``manifest.json``: section 3."""
    file = table(
        {
            "path": text(f"payload/{SEGMENT}(?:/{SEGMENT})*", maxLength=240),
            "size": integer(),
            "media_type": text(),
            "digest": PAIR,
        },
        {
            "chunks": table({"size": {"const": CHUNK_SIZE}, "count": integer(), "digest": PAIR}),
            "derived_from": PAIR,
            "redaction_of": PAIR,
        },
    )
    collection = table(
        {
            "method": {"enum": list(METHODS)},
            "started_at": TIME,
            "ended_at": TIME,
            "tool": table({"name": text(), "version": text()}, {"digest": PAIR}),
        },
        {"environment": named(None, text())},
    )
    return table(
        {
            "schema": {"const": "manifest/1"},
            "kind": {"enum": list(PACKAGE_KINDS)},
            "blind": DIGEST,
            "issuer": table({"org": ORGANISATION}),
            "classification": {"enum": list(CLASSIFICATIONS)},
            "collection": collection,
            "files": each(file, minItems=1),
        },
        {
            "commits": COMMITS,
            "freshness": table({"origin": text(), "size": integer(), "root": DIGEST}),
            "relations": each(table({"type": {"enum": list(RELATIONS)}, "id": text(PACKAGE_ID.pattern)})),
        },
    )


def event() -> Schema:
    """``events/<n>.json``: section 4."""
    body = table(
        {
            "schema": {"const": "event/1"},
            "seq": integer(0, LARGEST_SEQ),
            "manifest": PAIR,
            "action": {"enum": list(ACTIONS)},
            "actor": table({"org": ORGANISATION, "key": key_name("officer")}),
            "claimed_at": TIME,
        },
        {"prev": PAIR, "counterparty": ORGANISATION, "commits": COMMITS, "result": table({"report": PAIR})},
    )
    return table({"body": body, "sigs": two_signatures(key_name("officer"))})


def leaf() -> Schema:
    """A leaf of the log, one of section 5."""
    version, package = {"const": VERSION}, text(PACKAGE_ID.pattern)
    seals = {"enum": [seal_type(kind) for kind in PACKAGE_KINDS]}
    common = {"v": version, "org": ORGANISATION}
    return {
        "oneOf": [
            table({"t": seals, **common, "id": package, "seq": {"const": SEAL_SEQ}, "head": PAIR}, {"tst": PAIR}),
            table({"t": {"const": "event"}, **common, "id": package, "seq": integer(0, LARGEST_SEQ), "head": PAIR}),
            table({"t": {"const": "journal"}, "v": version, "d": DIGEST}),
            table({"t": {"enum": list(THINGS)}, **common, "head": PAIR}),
        ]
    }


def disclosure() -> Schema:
    """``disclosure.json``: section 7."""
    field = table(
        {"at": text(rf"manifest\.json|{EVENT_PATH}"), "name": text(NAME.pattern), "salt": DIGEST, "value": text()}
    )
    return table({"schema": {"const": "disclosure/1"}, "fields": each(field)})


def chunks() -> Schema:
    """``chunks/<n>.json``: section 3."""
    digests = {"sha256": each(DIGEST), "sm3": each(DIGEST)}
    return table({"schema": {"const": "chunks/1"}, "path": text(), "size": {"const": CHUNK_SIZE}, **digests})


def entry() -> Schema:
    """An entry of the key directory: section 6."""
    body = table(
        {
            "schema": {"const": "key/1"},
            "version": {"const": 1},
            "key": key_name(*ROLES),
            **PUBLIC,
            "from": TIME,
            "until": TIME,
            "status": {"enum": [VALID, REVOKED]},
        },
        {"compromised_since": TIME},
    )
    return table({"body": body, "sigs": two_signatures(key_name("root"))}, {"proof": text()})


def directory() -> Schema:
    """``trust/directory.json``: section 6."""
    return table({"schema": {"const": "directory/1"}, "entries": each(entry())})


def trust() -> Schema:
    """``trust.json``: section 6."""
    authority = table(
        {"name": text(), "certificate": encoded(), "from": TIME, "until": TIME}, {"compromised_since": TIME}
    )
    root = table({"key": key_name("root"), **PUBLIC})
    body = table(
        {
            "schema": {"const": "trust/1"},
            "version": integer(1),
            "issued_at": TIME,
            "expires_at": TIME,
            "threshold": integer(1, MOST_OF_A_KIND),
            "roots": each(root, minItems=1, maxItems=MOST_OF_A_KIND),
            "policy": text(maxLength=1 << 16),
            "authorities": each(authority),
            "directory": each(entry()),
        },
        {"sm2_witnesses": each(text(maxLength=4096))},
    )
    signature = table({"alg": {"enum": list(ALGORITHMS)}, "key": key_name("root"), "sig": encoded(64)})
    return table({"body": body, "sigs": each(signature)})


def asked() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """What is asked for: section 11."""
    return (
        {"level": {"enum": list(LEVELS)}, "timestamp": {"type": "boolean"}},
        {"quorum": integer(1, MOST_OF_A_KIND)},
    )


def policy() -> Schema:
    """A policy file: section 11."""
    needed, optional = asked()
    return table({"schema": {"const": "policy/1"}, **needed}, optional)


def report() -> Schema:
    """The machine's report: section 11."""
    statuses = {"enum": [PASS, FAIL, INDETERMINATE, NOT_APPLICABLE]}
    checks = [
        table({"id": {"const": check}, "status": statuses, "reason": text("[a-z0-9_]+"), "facts": {"type": "object"}})
        for check in CHECKS
    ]
    reached = ["", *(f"{level}{stamped}" for level in LEVELS for stamped in ("", "T"))]
    needed, optional = asked()
    found = table(
        {
            "schema": {"const": "report/1"},
            "package": text(f"|{PACKAGE_ID.pattern}"),
            "verdict": {"enum": [PASS, FAIL, INDETERMINATE]},
            "level": {"enum": reached},
            "asked": table(needed, optional),
            "checks": {"type": "array", "prefixItems": checks, "minItems": len(checks), "items": False},
            "trust": table({"version": integer(1), "fingerprint": DIGEST}),
        }
    )
    return found | {"additionalProperties": True}


TITLES: Final[Mapping[str, str]] = {
    "manifest": "manifest.json: what a package holds and how it was collected",
    "event": "events/<n>.json: one act of custody, signed twice",
    "leaf": "what is logged: proofs/seal.leaf.json, proofs/head.leaf.json and the other leaves of the log",
    "disclosure": "disclosure.json: the fields that are opened",
    "chunks": "chunks/<n>.json: the digests of a large file's chunks",
    "directory": "trust/directory.json: keys of the actors, signed by the roots of their organisations",
    "trust": "trust.json: what a verifier trusts before it looks at any package",
    "policy": "a policy file: what is asked of a package",
    "report": "the report of a verifier, for machines",
}
SCHEMAS: Final = {
    one.__name__: one for one in (manifest, event, leaf, disclosure, chunks, directory, trust, policy, report)
}


def schema_of(name: str) -> Schema:
    """The whole schema of one of TITLES."""
    said = "Concord evidence packages (concord-evidence/v1). docs/reference/evidence-format.md says more, and wins."
    return {"$schema": DIALECT, "title": TITLES[name], "description": said, **SCHEMAS[name]()}


def schema_text(name: str) -> str:
    """The schema as it is kept."""
    return json.dumps(schema_of(name), ensure_ascii=False, indent=2) + "\n"


def path_of(name: str) -> Path:
    """Where it is kept."""
    return FOLDER / f"evidence-{name}.schema.json"


if __name__ == "__main__":
    for each_name in TITLES:
        path_of(each_name).write_text(schema_text(each_name), encoding="utf-8")
    sys.stdout.write(f"{len(TITLES)} schemas\n")
