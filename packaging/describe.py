#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""describe.py PROGRAM OUT: man page and completions of a program, from what its --help says.

The help texts are made from the option tables, so that manual, completions and program cannot differ.
OUT/PROGRAM.1 is for man, OUT/PROGRAM.bash, _PROGRAM and PROGRAM.fish are for the shells. A date
comes from SOURCE_DATE_EPOCH, so that equal sources give equal packages.
"""
import os
import re
import subprocess
import sys
import time

OPTION = re.compile(r"^  (--[a-z0-9-]+)(?: ([A-Z][A-Z.:0-9]*|[A-Z]+))?(?:  +(.*))?$")
COMMAND = re.compile(r"^  ([a-z][a-z-]+) {2,}(\S.*)$")


def help_of(program, *command):
    done = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\n").split("\n")


def options_of(lines):
    """[(option, argument or '', words)] in the order of the help."""
    found = []
    for line in lines:
        match = OPTION.match(line)
        if match and match.group(1) not in [option for option, _, _ in found]:
            found.append((match.group(1), match.group(2) or "", match.group(3) or ""))
    return found


def commands_of(lines):
    return [match.groups() for match in map(COMMAND.match, lines) if match]


def takes_file(argument):
    return argument.startswith(("FILE", "DIR", "PATH")) or argument == "F"


# The manual

def escaped(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line.startswith((".", "'")) else line


def paragraph(lines):
    """Help lines as they stand: columns keep their places."""
    return [".nf", *map(escaped, lines), ".fi"]


def manual(name, version, main, commands, date):
    purpose = next(line for line in main if line and not line.startswith(("usage", " ")))
    out = [f'.TH {name.upper()} 1 "{date}" "lastmile {version}" "lastmile"', ".SH NAME",
           escaped(f"{name} - {purpose[0].lower() + purpose[1:].rstrip('.')}"), ".SH SYNOPSIS",
           f".B {escaped(name)}", "COMMAND [OPTION]...", ".SH DESCRIPTION"]
    out += paragraph(main[2:])
    for command, _, lines in commands:
        out += [f".SH {escaped(name + ' ' + command)}", *paragraph(lines)]
    first, second = (other for other in ("lastmile", "lastmile-collector", "lastmile-probe")
                     if other != name)
    out += [".SH SEE ALSO", f".BR {escaped(first)} (1),", f".BR {escaped(second)} (1)"]
    return "\n".join(out) + "\n"


# The shells

def bash(name, general, commands):
    function = "_" + name.replace("-", "_")
    files = sorted({option for _, options in [("", general)] + [(c, o) for c, o, _ in commands]
                    for option, argument, _ in options if takes_file(argument)})
    cases = "\n".join(f"    {command}) words='{' '.join(option for option, _, _ in options)}' ;;"
                      for command, options, _ in commands)
    return f"""# bash completion for {name}
{function}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command='' word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in {'|'.join(c for c, _, _ in commands)}) command=$word; break ;; esac
  done
  case $previous in {'|'.join(files)}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;; esac
  case $command in
{cases}
    *) words='{' '.join([c for c, _, _ in commands] + [option for option, _, _ in general])}' ;;
  esac
  if [[ $current == -* || -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}}
complete -o filenames -F {function} {name}
"""


def quoted(text):
    return text.replace("'", "").replace("[", "(").replace("]", ")").replace(":", " ")


def zsh(name, general, commands):
    def specs(options):
        return " ".join(f"'{option}[{quoted(words)}]"
                        + (f":{argument}:{'_files' if takes_file(argument) else ' '}" if argument else "")
                        + "'" for option, argument, words in options)
    cases = "\n".join(f"    {command}) _arguments {specs(options)} '*:file:_files' ;;"
                      for command, options, _ in commands)
    described = " ".join(f"'{command}:{quoted(words)}'" for command, words in general["commands"])
    return f"""#compdef {name}
local -a commands=({described})
local command=${{words[(r)({'|'.join(c for c, _, _ in commands)})]}}
if [[ -z $command || $words[CURRENT] == $command ]]; then
  _describe command commands
  _arguments {specs(general["options"])}
else
  case $command in
{cases}
  esac
fi
"""


def fish(name, general, commands):
    out = [f"# fish completion for {name}", f"complete -c {name} -f -n __fish_use_subcommand"]
    for command, words in general["commands"]:
        out.append(f"complete -c {name} -n __fish_use_subcommand -a {command} -d '{quoted(words)}'")
    for command, options, _ in commands:
        for option, argument, words in options:
            need = (" -r" if takes_file(argument) else " -x") if argument else ""
            out.append(f"complete -c {name} -n '__fish_seen_subcommand_from {command}' "
                       f"-l {option[2:]}{need} -d '{quoted(words)}'")
    return "\n".join(out) + "\n"


def main():
    program, folder = sys.argv[1:3]
    name = os.path.basename(program)
    version = subprocess.run([program, "--version"], capture_output=True, text=True,
                             check=True).stdout.split()[-1]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    lines = help_of(program)
    listed = [pair for pair in commands_of(lines) if pair[0] != name]
    commands = []
    for command, _ in listed:
        said = help_of(program, command)
        commands.append((command, options_of(said), said))
    general = {"commands": listed, "options": options_of(lines)}
    os.makedirs(folder, exist_ok=True)
    for file, text in ((f"{name}.1", manual(name, version, lines, commands, date)),
                       (f"{name}.bash", bash(name, general["options"], commands)),
                       (f"_{name}", zsh(name, general, commands)),
                       (f"{name}.fish", fish(name, general, commands))):
        with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
            out.write(text)


if __name__ == "__main__":
    main()
