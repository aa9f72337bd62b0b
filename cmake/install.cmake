# Installs program, library, headers and the CMake package bdglm.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS bdglm RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS bdglm_library EXPORT bdglm-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(BDGLM_CUDA)
  install(TARGETS bdglm_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
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
