# Completion of bash for the commands of zitadel-fcgi. What can be completed is what --help says.

_zitadel_fcgi() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help wanted
  help=$("$1" --help 2>/dev/null) || return
  wanted=$(awk -v option="$before" '$1 == option && $2 ~ /^[A-Z]+$/ { print $2 }' <<<"$help")
  case $wanted in
    FILE) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    DIR) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    USER) mapfile -t COMPREPLY < <(compgen -u -- "$word") ;;
    '') mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^ +--[a-z-]+' <<<"$help")" -- "$word") ;;
    *) COMPREPLY=() ;;
  esac
  case $wanted in FILE | DIR) compopt -o filenames ;; esac
}

complete -F _zitadel_fcgi zitadel-token zitadel-setup zitadel-check
