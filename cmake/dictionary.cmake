# Chat's dictionary becomes part of the program.
file(READ ${CMAKE_SOURCE_DIR}/src/chat/dictionary_1.zdict bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," FARLINE_DICTIONARY_1 "${bytes}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/chat/dictionary_1.zdict)
configure_file(src/chat/dictionary.cc.in ${CMAKE_BINARY_DIR}/dictionary.cc @ONLY)
target_sources(farline_chat PRIVATE ${CMAKE_BINARY_DIR}/dictionary.cc)
