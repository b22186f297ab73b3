/*
 * headers.h - the interface headers in the order that drivers of this kind include them
 */
#ifndef LUMENPORT_HEADERS_H
#define LUMENPORT_HEADERS_H

#include "dderror.h"
#include "devioctl.h"
#include "miniport.h"
#include "ntddvdeo.h"
#include "video.h"
#if defined(__has_include)
#if __has_include("videoagp.h")
#include "videoagp.h"
#endif
#endif

#endif /* LUMENPORT_HEADERS_H */
