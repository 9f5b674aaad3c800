# Writes OUT, a C file with the script NAME: the text of FILES, one behind the other, and its
# SHA-1.
foreach(file IN LISTS FILES)
	file(READ ${file} part)
	string(APPEND text "${part}")
endforeach()
string(SHA1 sha "${text}")
string(HEX "${text}" bytes)
string(LENGTH "${bytes}" digits)
math(EXPR len "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "#include \"linnet/redis/node.h\"

static const char text[] = { ${bytes} };

extern const struct redis_script redis_script_${NAME};
const struct redis_script redis_script_${NAME} = { text, ${len}, \"${sha}\" };
")
