// Holds the emulated backend together as one library; see CMakeLists.txt.
