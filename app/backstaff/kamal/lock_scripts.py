"""Scripts that take, show, give back and take over the deploy lock.

All end with status 0 and a marked answer for `parse_lock_report`, also when the lock is held: another status
means that the host could not do it (disk full, no permission). Nothing depends on the words of an error
message, which differ between systems and languages.

They do not heed the signals with which a lost link or a cancelled call ends a script, nor do the commands
they start, save that taking the lock can still be called off before anything is changed. Only SIGKILL, which
a cancelled call sends when a script goes on for too long, or the loss of the host can cut one short.
"""

from backstaff.config.models import Config
from backstaff.kamal.lock import LockOutcome, LockOwner, TakenByHand, encoded_details
from backstaff.kamal.paths import RUN_DIR, lock_dir
from backstaff.kamal.quoting import single_quote
from backstaff.kamal.script import MARK, make_directory, say_value, script

_TRIES = "1 2 3"
_DEAF = "trap '' HUP PIPE TERM INT"
_CALLED_OFF = "trap 'rm -rf \"$new\"; exit 1' TERM INT"
_POINT_OF_NO_RETURN = _DEAF
_TURN = f"$(stat -c '%i %z' {RUN_DIR} 2>/dev/null)"
"""When something was last put into the directory of the locks, or taken out of it. Empty where there is no
such directory, or a `stat` of another kind.

It is read some milliseconds before the lock is taken. Who takes one in between is seen, as the lock is not
free then; only who has given it back by then too is not, and no run is that short."""


def acquire_script(config: Config, details: str, *, token: str, owner: LockOwner | TakenByHand | None) -> str:
    """Takes the lock if nobody holds it. Only one of several callers gets it.

    `details` is the decoded text, `token` unique to this attempt. With `owner` None the lock is as Kamal
    takes it, and nobody can tell whose attempt it was. The files are written before the directory is made,
    so a full disk leaves no lock behind. They are moved into it right after: for that moment, and for good
    if the script is killed just then, the lock is held without saying by whom.
    """
    return script(
        [
            *_setting(config, token),
            _CALLED_OFF,
            make_directory(RUN_DIR),
            f"turn={_TURN}",
            *_fresh_files(details, owner),
            _POINT_OF_NO_RETURN,
            f"for try in {_TRIES}; do",
            'if mkdir "$lock" 2>/dev/null; then',
            'if mv -f "$new"/* "$lock/"; then',
            f'rm -rf "$new"; {_answer(LockOutcome.ACQUIRED)}; {say_value("turn", "$turn")}; exit 0',
            "fi",
            'rm -rf "$lock" "$new"; exit 1',
            "fi",
            'if [ -e "$lock" ]; then rm -rf "$new"; show; exit 0; fi',
            # Somebody has had it in the meantime.
            "turn=",
            "done",
            'rm -rf "$new"; mkdir "$lock"; exit 1',
        ]
    )


def status_script(config: Config) -> str:
    """Tells whether the lock is held, and by whom."""
    return script([*_setting(config, "status"), "show"])


def release_if_ours_script(config: Config, owner: LockOwner | TakenByHand, *, token: str) -> str:
    """Gives the lock back if the owner's file still names `owner`, else only tells who holds it.

    It may come on the heels of a call that was cancelled while taking the lock, so it lets one that is just
    changing hands settle first.
    """
    return script(
        [
            *_setting(config, token),
            f"for try in {_TRIES}; do",
            'if [ ! -e "$lock" ]; then ' + _answer(LockOutcome.FREE) + "; exit 0; fi",
            'if [ -e "$lock/details" ] && [ ! -e "$lock/takeover" ]; then break; fi',
            "sleep 1",
            "done",
            f'if [ "$(cat "$lock/backstaff" 2>/dev/null)" != {single_quote(owner.to_json())} ]; then',
            "show; exit 0",
            "fi",
            *_removal(),
        ]
    )


def release_script(config: Config, *, token: str) -> str:
    """Releases the lock, whoever holds it."""
    return script(
        [
            *_setting(config, token),
            'if [ ! -e "$lock" ]; then ' + _answer(LockOutcome.FREE) + "; exit 0; fi",
            *_removal(),
        ]
    )


def takeover_script(config: Config, stale: str, details: str, *, token: str, owner: LockOwner) -> str:
    """Makes a lock ours whose owner's file says exactly `stale`; otherwise only tells who holds it.

    The claim is a directory inside the lock: of several callers one can make it, and it belongs to this
    very lock, so a caller who comes late, to a lock that is already somebody else's, sees the other owner
    and withdraws. The lock is never free in between.
    """
    return script(
        [
            *_setting(config, token),
            _CALLED_OFF,
            *_fresh_files(details, owner),
            _POINT_OF_NO_RETURN,
            'if mkdir "$lock/takeover" 2>/dev/null; then',
            f'if [ "$(cat "$lock/backstaff" 2>/dev/null)" = {single_quote(stale)} ]; then',
            'if mv -f "$new/backstaff" "$new/details" "$lock/"; then',
            'rm -rf "$new" "$lock/takeover"; ' + _answer(LockOutcome.TAKEN_OVER) + "; exit 0",
            "fi",
            'rm -rf "$new" "$lock/takeover"; exit 1',
            "fi",
            'rm -rf "$lock/takeover"',
            "fi",
            'rm -rf "$new"; show',
        ]
    )


def _setting(config: Config, token: str) -> list[str]:
    """Names, and deafness to a connection that ends half-way and to a call that is cancelled."""
    directory = lock_dir(config)
    aside = f"{RUN_DIR}/.{directory.removeprefix(f'{RUN_DIR}/')}.{token}"
    return [
        _DEAF,
        f"lock={single_quote(directory)}",
        f"new={single_quote(f'{aside}.new')}",
        f"old={single_quote(f'{aside}.old')}",
        "show() {",
        f'if [ ! -e "$lock" ]; then {_answer(LockOutcome.FREE)}; {say_value("turn", _TURN)}; return; fi',
        _answer(LockOutcome.HELD),
        say_value("details", "$(cat \"$lock/details\" 2>/dev/null | tr -d '\\r\\n')"),
        say_value("owner", "$(cat \"$lock/backstaff\" 2>/dev/null | tr -d '\\r\\n')"),
        "}",
    ]


def _fresh_files(details: str, owner: LockOwner | TakenByHand | None) -> list[str]:
    content = encoded_details(details)
    lines = [
        'rm -rf "$new" && mkdir "$new" || exit 1',
        f'cat > "$new/details" <<\'CONTENT\' || {{ rm -rf "$new"; exit 1; }}\n{content}CONTENT',
    ]
    if owner is not None:
        line = f"printf '%s\\n' {single_quote(owner.to_json())} > \"$new/backstaff\""
        lines.append(line + ' || { rm -rf "$new"; exit 1; }')
    return lines


def _removal() -> list[str]:
    """Renaming frees the lock at once; if the script is killed then, what is left lies beside its place."""
    return ['mv "$lock" "$old" || exit 1', 'rm -rf "$old"', _answer(LockOutcome.RELEASED)]


def _answer(outcome: LockOutcome) -> str:
    return f"printf '%s\\n' '{MARK} lock {outcome}'"
