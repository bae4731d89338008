"""Credentials that commands and prompts tell in ways of their own: `sshpass -p …`."""

from __future__ import annotations

from functools import partial

from triage.secrets.form import Form

_A = r"(?P<s>[^\s\"'-][^\s\"']{3,})"
"""An argument that is no option."""
_Q = r"[\"']?(?P<s>[^\s\"']{4,})"
"""One that may be quoted."""
_said = partial(Form, said=True)
COMMANDS = (
    _said("SQL", ("identified by", "IDENTIFIED BY", "ssword", "SSWORD"),
          r"(?i)(?:\bidentified by|\bwith (?:encrypted )?password"
          r"|\bset password(?: for \S+)?(?: =)?)\s+'(?P<s>[^'\n]+)'"),
    _said("netrc", ("login ",), r"\blogin\s+\S+\s+password\s+(?P<s>\S{4,})"),
    _said("sshpass, clients of databases", ("sshpass", "mysql", "mongo"),
          rf"\b(?:sshpass|mysql\w*|mongo\w*)\b[^\n]{{0,160}}?\s-p[ \t]?{_A}"),
    _said("registries, clouds", (" login ",),
          rf"\b(?:docker|podman|nerdctl|buildah|skopeo|oras|az|(?:crane|gcrane) auth|helm registry)"
          rf" login [^\n]{{0,160}}?-p[ \t]?{_A}"),
    _said("skopeo", ("creds",), rf"--(?:src-|dest-)?creds[= ][^\s:]{{1,80}}:{_Q}"),
    _said("Redis", ("redis-cli",), rf"\bredis-cli\b[^\n]{{0,80}}?\s-a[ \t]{_Q}"),
    _said("Redis", ('"AUTH" ', '"auth" '),
          r'"(?:AUTH|auth)" (?:"[^"\n]{1,80}" )?"(?P<s>[^"\n]{4,})"'),
    _said("LDAP", ("ldapsearch ", "ldapmodify ", "ldapadd ", "ldapwhoami ", "ldapdelete "),
          rf"\bldap(?:search|modify|add|whoami|delete) [^\n]{{0,200}}?-w[ \t]{_A}"),
    _said("SMB", ("smbclient",),
          r"\bsmbclient\b[^\n]{0,120}?\s-U[ \t]?[^\s%]{1,80}%(?P<s>[^\s\"']{4,})"),
    _said("SMB", ("net use ",),
          r"\bnet use [^\n]{0,120}?/user:\S+[ \t]+(?P<s>[^\s/*][^\s]{3,})"),
    _said("SNMP", ("snmpwalk ", "snmpget ", "snmpset ", "snmpbulkwalk "),
          rf"\bsnmp(?:walk|get|set|bulkwalk) [^\n]{{0,80}}?-c[ \t]+{_A}"),
    _said("MinIO", ("mc alias set ", "mc config host add "),
          r"\bmc (?:alias set|config host add) \S+[ \t]+\S+[ \t]+\S+[ \t]+(?P<s>\S{8,})"),
    _said("sudo", ("| sudo", "|sudo"),
          r"\becho[ \t]+[\"']?(?P<s>[^\s\"'|$][^\s\"'|]{3,})[\"']?[ \t]*\|[ ]?sudo[ \t]"
          r"(?:[ \t]*-\w+[ \t])*[ \t]*-S\b"),
    _said("ipmitool", ("ipmitool",), rf"\bipmitool\b[^\n]{{0,120}}?\s-P[ \t]{_Q}"),
    _said("HTTP", ("curl ", "wget ", "etcdctl ", "http "),
          rf"\b(?:curl|wget|etcdctl|http) [^\n]{{0,200}}?(?:-u|--user)[ \t=]?"
          rf"[\"']?[^\s:\"']{{1,80}}:{_Q}"),
    _said("squid", ("login=",), rf"\blogin=[^\s:=]{{1,80}}:{_Q}"),
    _said("kubectl", ("from-literal",),
          r"--from-literal[= ][\"']?[\w.-]{1,80}=(?P<s>[^\s\"']{4,})"),
    _said("Wi-Fi", ("psk=",), r"\bpsk=\"?(?P<s>[^\s\"]{8,63})"),
    _said("SAML", ("SAMLRe",), r"\bSAMLRe(?:sponse|quest)=(?P<s>[A-Za-z0-9+/%=]{40,})"),
    _said("Vault", ("Unseal Key", "Recovery Key"),
          r"\b(?:Unseal|Recovery) Key \d{1,2}: (?P<s>[A-Za-z0-9+/=]{20,})"),
    _said("a name and blanks",
          ("_key ", "-key ", "-Key ", "_KEY ", "_token ", "-token ", "-Token "),
          r"(?:\b|_)(?i:access|api|secret|private|auth|account|signing|master|bearer|refresh)"
          r"[_-](?i:key|token)[ \t]+[\"']?(?P<s>[A-Za-z0-9+/=_.~-]{16,})", drawn=True),
    _said("a table", ("password  ", "passwd  ", "Password  "),
          r"(?m)^[ \t]*(?:[Pp]assword|passwd)  +(?P<s>\S*\d\S{3,}|\S{3,}\d\S*)$"),
)  # fmt: skip
