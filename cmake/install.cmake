# Installs program, library, headers, the CMake package bdglm, manual pages and shells' completions.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS bdglm RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS bdglm_library EXPORT bdglm-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(BDGLM_CUDA)
  install(TARGETS bdglm_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(NOT CMAKE_CROSSCOMPILING)
  # Manual pages and shells' completions are the program's own words, written anew whenever it is linked.
  set(BDGLM_SHARE ${CMAKE_BINARY_DIR}/share)
  add_custom_command(TARGET bdglm POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${BDGLM_SHARE}/man1 ${BDGLM_SHARE}/completions
    COMMAND bdglm manual ${BDGLM_SHARE}/man1
    COMMAND sh -c "'$<TARGET_FILE:bdglm>' completion bash >completions/bdglm"
    COMMAND sh -c "'$<TARGET_FILE:bdglm>' completion zsh >completions/_bdglm"
    COMMAND sh -c "'$<TARGET_FILE:bdglm>' completion fish >completions/bdglm.fish"
    WORKING_DIRECTORY ${BDGLM_SHARE} COMMENT "Writing manual pages and completions")
  file(MAKE_DIRECTORY ${BDGLM_SHARE})
  install(DIRECTORY ${BDGLM_SHARE}/man1/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${BDGLM_SHARE}/completions/bdglm DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${BDGLM_SHARE}/completions/_bdglm DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${BDGLM_SHARE}/completions/bdglm.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
install(DIRECTORY include/bdglm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT bdglm-targets NAMESPACE bdglm:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bdglm)
# What a static library leaves to those that link it; the headers need nothing but the standard library.
file(WRITE ${CMAKE_BINARY_DIR}/bdglm-config.cmake
"include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(ZLIB)
include(\${CMAKE_CURRENT_LIST_DIR}/bdglm-targets.cmake)
")
write_basic_package_version_file(${CMAKE_BINARY_DIR}/bdglm-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/bdglm-config.cmake ${CMAKE_BINARY_DIR}/bdglm-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bdglm)
