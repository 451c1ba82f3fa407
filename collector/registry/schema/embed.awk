# SPDX-License-Identifier: GPL-2.0-or-later
# Turns the numbered .sql files, in the order given, into an array of C strings: one a statement
# (a line that ends in ';' ends it), with the number of its file. Comments stay out of it.
function quote(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\n        \"" text "\\n\""
}
BEGIN {
    print "/* Made by embed.awk from the .sql files. */"
    print "#include \"collector/registry/schema.h\""
    print ""
    print "const struct schema_step registry_schema[] = {"
}
FNR == 1 { version++ }
{ sub(/[ \t]*--.*$/, "") }
/[^ \t]/ { statement = statement quote($0) }
/;$/ {
    print "    {" version "," statement "},"
    statement = ""
}
END {
    print "    {0, 0},"
    print "};"
}
