"""Who may look after the ledger, how long things may take, and when nothing more is signed."""

from __future__ import annotations

from datetime import timedelta

from concord.rules.errors import Said, Unavailable

READ = "ledger:read"
MANAGE = "ledger:manage"

BATCH = 1000
REFRESHED_AFTER = timedelta(minutes=10)
"""With nothing new to log, the witnesses are asked to sign the same state again after so long."""
CAUGHT_UP_AFTER = timedelta(minutes=1)
"""The same while a witness is behind."""
LONGEST_DELAY = timedelta(seconds=60)
LONGEST_WITHOUT_QUORUM = timedelta(minutes=10)
STAMPED_WITHIN = timedelta(minutes=5)
"""A time-stamp later than this after the witnesses' signatures does not agree with them (evidence format, C13)."""
LONGEST_UNSTAMPED = timedelta(hours=4)
STAMPS_AWAITED = timedelta(hours=48)

REASONS = {
    "lock_missing": Said("检查点锁文件不见了", "the file of the checkpoint lock is gone"),
    "lock_unreadable": Said("检查点锁文件无法读取", "the file of the checkpoint lock cannot be read"),
    "database_behind": Said("数据库比已签署的检查点旧", "the database is older than the checkpoint signed last"),
    "tiles_behind": Said(
        "账本文件比已签署的检查点旧或不完整", "the log's files are older than that checkpoint, or gone"
    ),
    "tiles_differ": Said("账本文件与数据库不一致", "the log's files do not agree with the database"),
    "roots_differ": Said("根哈希与已签署的检查点不一致", "the root is not that of the checkpoint signed last"),
    "leaf_lost": Said("有已入账的记录无法重算", "an entry that was taken in cannot be derived again"),
    "witnesses_ahead": Said("见证方见过更长的账本", "witnesses have seen a longer log"),
    "origin": Said("账本设置换了名称，新账本尚未启用", "the settings name another log, which is not opened yet"),
    "key": Said("签名密钥与监督策略不符", "the log's key is not the one in the policy"),
}


def frozen(reason: str) -> Unavailable:
    """The error ``ledger.frozen``: nothing more is signed under this origin; acts go on."""
    said = REASONS[reason]
    return Unavailable(
        "ledger.frozen",
        Said(
            f"存证账本已冻结：{said.zh}。业务办理不受影响。请保存现场并查明原因；若是从备份恢复所致，请启用新账本（new-ledger）。",
            f"The ledger is frozen: {said.en}. Work goes on. Keep everything as it is and find the cause; after a "
            "restore from a backup, open a new log (new-ledger).",
        ),
        details={"reason": reason},
    )
