"""The native module as built: hardened, small in what it shows and asks for, no paths in it."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from intlite import _native

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads an ELF file")

ROOT = Path(__file__).resolve().parent.parent
# Nothing here may open a connection, run a program or load code.
FORBIDDEN = {
    *("socket", "connect", "bind", "listen", "accept", "send", "sendto", "sendmsg", "recv"),
    *("getaddrinfo", "gethostbyname", "res_query"),
    *("system", "popen", "execve", "execv", "execvp", "fork", "vfork", "posix_spawn"),
    *("dlopen", "dlsym", "mprotect"),
    # What has no bounds.
    *("gets", "strcpy", "strcat", "sprintf", "vsprintf", "tmpnam", "mktemp"),
}
ENDBR64 = bytes.fromhex("f30f1efa")
COMMANDS = ROOT / "build" / "dev" / "build.ninja"


@pytest.fixture(scope="module")
def elf() -> Iterator[Any]:
    assert _native.__file__ is not None
    with open(_native.__file__, "rb") as file:
        yield ELFFile(file)


@pytest.fixture(scope="module")
def dynamic(elf: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for tag in elf.get_section_by_name(".dynamic").iter_tags():
        found.setdefault(tag.entry.d_tag, []).append(tag)
    return found


@pytest.fixture(scope="module")
def symbols(elf: Any) -> list[Any]:
    return list(elf.get_section_by_name(".dynsym").iter_symbols())


def imported(symbols: list[Any]) -> set[str]:
    return {s.name for s in symbols if s["st_shndx"] == "SHN_UNDEF" and s.name}


def exported(symbols: list[Any]) -> list[Any]:
    return [s for s in symbols if s["st_shndx"] != "SHN_UNDEF" and s.name]


def test_no_memory_is_written_and_run(elf: Any) -> None:
    stacks = [s for s in elf.iter_segments() if s["p_type"] == "PT_GNU_STACK"]
    assert len(stacks) == 1
    for segment in elf.iter_segments():
        assert segment["p_flags"] & 0b011 != 0b011, segment["p_type"]


def test_relocations_are_read_only(elf: Any, dynamic: dict[str, list[Any]]) -> None:
    assert [s["p_type"] for s in elf.iter_segments()].count("PT_GNU_RELRO") == 1
    now = 0x1  # DF_1_NOW
    assert dynamic["DT_FLAGS_1"][0]["d_val"] & now
    assert "DT_TEXTREL" not in dynamic


def test_finds_no_library_by_a_path(dynamic: dict[str, list[Any]]) -> None:
    assert not {"DT_RPATH", "DT_RUNPATH"} & set(dynamic)
    names = {tag.needed.rsplit(".so", 1)[0] for tag in dynamic["DT_NEEDED"]}
    allowed = {"libstdc++", "libm", "libgcc_s", "libc", "libpthread", "libdl", "ld-linux-x86-64"}
    assert names <= allowed


def test_stacks_are_guarded(symbols: list[Any]) -> None:
    assert "__stack_chk_fail" in imported(symbols)


@pytest.mark.skipif(not COMMANDS.exists(), reason="only an editable install keeps its commands")
def test_large_frames_are_probed() -> None:
    """No frame is large enough to show it in the module: so what compiled it is read."""
    commands = re.findall(r"^  FLAGS = (.*)$", COMMANDS.read_text(), re.M)
    compiled = [command for command in commands if "-std=c++20" in command]
    assert len(compiled) > 20
    assert all("-fstack-clash-protection" in command for command in compiled)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="checked functions are glibc's")
def test_copies_are_checked(symbols: list[Any]) -> None:
    assert {name for name in imported(symbols) if name.endswith("_chk")} - {"__stack_chk_fail"}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86-64 marks where branches land")
def test_branches_land_on_marks(elf: Any, symbols: list[Any]) -> None:
    [entry] = [s["st_value"] for s in exported(symbols) if s.name == "PyInit__native"]
    text = elf.get_section_by_name(".text")
    offset = entry - text["sh_addr"]
    assert text.data()[offset : offset + 4] == ENDBR64


def test_shows_its_entry_only(symbols: list[Any]) -> None:
    assert [s.name for s in exported(symbols)] == ["PyInit__native"]


def test_asks_for_nothing_dangerous(symbols: list[Any]) -> None:
    assert {name.split("@")[0] for name in imported(symbols)} & FORBIDDEN == set()


def test_names_no_folder_of_its_build() -> None:
    assert _native.__file__ is not None
    content = Path(_native.__file__).read_bytes()
    for folder in (ROOT, Path(sys.prefix), Path.home()):
        assert str(folder).encode() + b"/" not in content
