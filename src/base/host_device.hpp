// The only compiler switch of the project: marks functions that run on the host and on a CUDA device.
#pragma once

#if defined(__CUDACC__)
#define BDGLM_HOST_DEVICE __host__ __device__
#else
#define BDGLM_HOST_DEVICE
#endif
