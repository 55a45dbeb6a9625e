"""A name server that knows no name: run as a program in a lab's hub, on the address given.

Without it, a name that does not exist would be a timeout in the lab, where in the world it is an answer.
"""

import socket
import sys

_HEADER_BYTES = 12
_ANSWER, _RECURSION_AVAILABLE, _NO_SUCH_NAME = 0x80, 0x80, 0x03


def no_such_name(query: bytes) -> bytes:
    """The answer to a DNS query that says there is no such name: the question again, and no records."""
    end = _HEADER_BYTES
    while end < len(query) and query[end]:
        end += query[end] + 1
    question = query[_HEADER_BYTES : end + 5]
    flags = bytes([query[2] | _ANSWER, _RECURSION_AVAILABLE | _NO_SUCH_NAME])
    return query[:2] + flags + query[4:6] + bytes(6) + question


def serve(address: str) -> None:
    """Answer on UDP port 53 of the address until the process is ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        while True:
            query, client = server.recvfrom(4096)
            if len(query) > _HEADER_BYTES:
                server.sendto(no_such_name(query), client)


if __name__ == "__main__":
    serve(sys.argv[1])
