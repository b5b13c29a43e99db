# SPDX-License-Identifier: Apache-2.0
# Completion of bash for the commands of zitadel-fcgi. What can be completed is what --help says.

# Examples name options, too: what follows those is no name in capitals.
_zitadel_fcgi_options() {
  sed -nE 's/^ +(-[a-z], )?(--[a-z-]+)( [A-Z]+(\.\.\.)?)?(  .*|)$/\2/p'
}

_zitadel_fcgi() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help wanted
  help=$("$1" --help 2>/dev/null) || return
  wanted=$(awk -v option="$before" '$1 == option && $2 ~ /^[A-Z]+$/ { print $2; exit }' <<<"$help")
  case $wanted in
    FILE) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    USER) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    '') mapfile -t COMPREPLY < <(compgen -W "$(_zitadel_fcgi_options <<<"$help")" -- "$word") ;;
    *) COMPREPLY=() ;;
  esac
  case $wanted in FILE | DIR) compopt -o filenames ;; esac
}

complete -F _zitadel_fcgi zitadel-token zitadel-setup zitadel-check
