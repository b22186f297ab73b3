/*
 * pool.c - POOL-01 to POOL-12: both allocation pairs
 */
#include "conformance.h"

static const VP_POOL_TYPE LpPoolTypes[] = {VpNonPagedPool, VpPagedPool, VpNonPagedPoolCacheAligned, VpPagedPoolCacheAligned};

#define LP_POINTER_BYTES ((ULONG)sizeof(PVOID))
/* Below a page: 8 bytes on 32-bit targets, 16 on 64-bit ones. */
#define LP_POOL_ALIGNMENT (LP_POINTER_BYTES * 2)
#define LP_CACHE_LINE 64u

/* ---- POOL-01 --------------------------------------------------------------------------------------------------------- */

static VOID LpAligned(PLP_TEST Test) {
    static const ULONG Sizes[] = {1, 15, 16, 17, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 0x100000};
    ULONG Type, Size;

    for (Type = 0; Type < ARRAYSIZE(LpPoolTypes); Type++) {
        for (Size = 0; Size < ARRAYSIZE(Sizes); Size++) {
            ULONG Bytes = Sizes[Size];
            ULONG Alignment = Bytes >= PAGE_SIZE ? PAGE_SIZE : Type >= 2 ? LP_CACHE_LINE : LP_POOL_ALIGNMENT;
            PUCHAR Block = VideoPortAllocatePool(Test->Device, LpPoolTypes[Type], Bytes, LP_POOL_TAG);

            if (!CHECK(Test, Block != NULL)) {
                return;
            }
            CHECK_EQUAL(Test, (ULONG_PTR)Block & (Alignment - 1), 0);
            if (Bytes < PAGE_SIZE && Type < 2) {
                CHECK(Test, ((ULONG_PTR)Block & (PAGE_SIZE - 1)) + Bytes <= PAGE_SIZE);
            }
            LpFill(Block, Bytes, Bytes);
            CHECK_EQUAL(Test, LpFirstWrong(Block, Bytes, Bytes), Bytes);
            VideoPortFreePool(Test->Device, Block);
        }
    }
}

/* ---- POOL-02 --------------------------------------------------------------------------------------------------------- */

#define LP_BLOCKS 40u

static VOID LpNoOverlap(PLP_TEST Test) {
    PUCHAR Blocks[LP_BLOCKS];
    ULONG Idx, Other;

    for (Idx = 0; Idx < LP_BLOCKS; Idx++) {
        ULONG Bytes = 3 + Idx * 97;

        Blocks[Idx] = VideoPortAllocatePool(Test->Device, LpPoolTypes[Idx & 3], Bytes, LP_POOL_TAG);
        if (!CHECK(Test, Blocks[Idx] != NULL)) {
            return;
        }
        LpFill(Blocks[Idx], Bytes, Idx);
        for (Other = 0; Other < Idx; Other++) {
            CHECK(Test, Blocks[Idx] + Bytes <= Blocks[Other] || Blocks[Other] + 3 + Other * 97 <= Blocks[Idx]);
        }
    }
    for (Idx = 0; Idx < LP_BLOCKS; Idx += 2) {
        CHECK_EQUAL(Test, LpFirstWrong(Blocks[Idx], 3 + Idx * 97, Idx), 3 + Idx * 97);
        VideoPortFreePool(Test->Device, Blocks[Idx]);
    }
    for (Idx = 1; Idx < LP_BLOCKS; Idx += 2) {
        CHECK_EQUAL(Test, LpFirstWrong(Blocks[Idx], 3 + Idx * 97, Idx), 3 + Idx * 97);
        VideoPortFreePool(Test->Device, Blocks[Idx]);
    }
}

/* ---- POOL-03: Argument[0] is the quota, the program's choice ------------------------------------------------------------- */

static VOID LpQuota(PLP_TEST Test) {
    ULONG Half = (ULONG)Test->Request->Argument[0] / 2;
    PVOID First = NULL, Second = (PVOID)Test, Third = NULL;

    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, Half, &First), NO_ERROR);
    if (!CHECK(Test, First != NULL)) {
        return;
    }
    LpFill(First, Half, 3);
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, Half + PAGE_SIZE, &Second), ERROR_INSUFFICIENT_BUFFER);
    CHECK(Test, Second == NULL);
    CHECK_EQUAL(Test, LpFirstWrong(First, Half, 3), Half);
    VideoPortReleaseBuffer(Test->Device, First);
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, Half + PAGE_SIZE, &Third), NO_ERROR);
    if (Third != NULL) {
        VideoPortReleaseBuffer(Test->Device, Third);
    }
}

/* ---- POOL-04, POOL-05: the program has no memory left for the machine ------------------------------------------------------ */

static VOID LpNoMemory(PLP_TEST Test) {
    PVOID Block = (PVOID)Test;

    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, (ULONG)Test->Request->Argument[0], &Block), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(Test, Block == NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpNonPagedPool, (SIZE_T)Test->Request->Argument[0], LP_POOL_TAG) == NULL);
}

static VOID LpNoMemoryOverQuota(PLP_TEST Test) {
    PVOID Block = (PVOID)Test;

    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, (ULONG)Test->Request->Argument[0], &Block), ERROR_INSUFFICIENT_BUFFER);
    CHECK(Test, Block == NULL);
}

/* ---- POOL-06 --------------------------------------------------------------------------------------------------------------- */

static VOID LpAllowedAtDispatch(PLP_TEST Test) {
    ULONG Type;

    CHECK_EQUAL(Test, VideoPortGetCurrentIrql(), DISPATCH_LEVEL);
    for (Type = 0; Type < ARRAYSIZE(LpPoolTypes); Type += 2) {
        PVOID Block = VideoPortAllocatePool(Test->Device, LpPoolTypes[Type], 100, LP_POOL_TAG);

        if (CHECK(Test, Block != NULL)) {
            VideoPortFreePool(Test->Device, Block);
        }
    }
}

/* Bugs on purpose: strict mode refuses and records each. */
static VOID LpForbiddenAtDispatch(PLP_TEST Test) {
    PVOID Block = Test->Device->Test.Pointer[0];

    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPool, 100, LP_POOL_TAG) == NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPoolCacheAligned, 100, LP_POOL_TAG) == NULL);
    VideoPortFreePool(Test->Device, Block);
}

static VOID LpLevels(PLP_TEST Test) {
    if (Test->Request->Part == 0) {
        LpAtDispatch(Test, LpAllowedAtDispatch);
        return;
    }
    Test->Device->Test.Pointer[0] = VideoPortAllocatePool(Test->Device, VpPagedPool, 100, LP_POOL_TAG);
    if (CHECK(Test, Test->Device->Test.Pointer[0] != NULL)) {
        LpAtDispatch(Test, LpForbiddenAtDispatch);
        /* The refused free has not freed it. */
        VideoPortFreePool(Test->Device, Test->Device->Test.Pointer[0]);
    }
}

/* ---- POOL-07 --------------------------------------------------------------------------------------------------------------- */

static VOID LpCrossFree(PLP_TEST Test) {
    ULONG Round;

    /* Often enough that a quota counted wrong would run out. */
    for (Round = 0; Round < 100; Round++) {
        PVOID Buffer = NULL;
        PVOID Pool = VideoPortAllocatePool(Test->Device, VpPagedPool, 50000, LP_POOL_TAG);

        if (!CHECK(Test, Pool != NULL) || !CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, 500000, &Buffer), NO_ERROR)) {
            return;
        }
        VideoPortReleaseBuffer(Test->Device, Pool);
        VideoPortFreePool(Test->Device, Buffer);
    }
}

/* ---- POOL-08: without strict mode ------------------------------------------------------------------------------------------- */

static VOID LpOddSizes(PLP_TEST Test) {
    PVOID Nothing = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 0, LP_POOL_TAG);
    PVOID Another = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 0, LP_POOL_TAG);
    PVOID Block = NULL;

    CHECK(Test, Nothing != NULL && Another != NULL && Nothing != Another);
    VideoPortFreePool(Test->Device, Nothing);
    VideoPortFreePool(Test->Device, Another);
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, 0, &Block), NO_ERROR);
    CHECK(Test, Block != NULL);
    VideoPortReleaseBuffer(Test->Device, Block);
    VideoPortFreePool(Test->Device, NULL);
    VideoPortReleaseBuffer(Test->Device, NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpNonPagedPool, 0xFFFFFFFFu, LP_POOL_TAG) == NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPool, ~(SIZE_T)0, LP_POOL_TAG) == NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPool, ~(SIZE_T)0 - PAGE_SIZE, LP_POOL_TAG) == NULL);
    Block = (PVOID)Test;
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, 0xFFFFFFFFu, &Block), ERROR_INSUFFICIENT_BUFFER);
    CHECK(Test, Block == NULL);
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, 100, NULL), ERROR_INVALID_PARAMETER);
    CHECK(Test, VideoPortAllocatePool(Test->Device, (VP_POOL_TYPE)2, 100, LP_POOL_TAG) == NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, (VP_POOL_TYPE)77, 100, LP_POOL_TAG) == NULL);
}

/* ---- POOL-09: three blocks are left; the program removes the device and reads the report ------------------------------------- */

static VOID LpLeaks(PLP_TEST Test) {
    PVOID Buffer = NULL;

    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPool, 123, 0x316B4C44u /* "DLk1" */) != NULL);
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpNonPagedPool, 5000, 0x326B4C44u /* "DLk2" */) != NULL);
    CHECK_STATUS(Test, VideoPortAllocateBuffer(Test->Device, 77, &Buffer), NO_ERROR);
}

/* ---- POOL-10: bugs on purpose ------------------------------------------------------------------------------------------------- */

static VOID LpBadPointers(PLP_TEST Test) {
    PUCHAR Block = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 300, LP_POOL_TAG);
    PUCHAR Neighbour = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 300, LP_POOL_TAG);

    if (!CHECK(Test, Block != NULL && Neighbour != NULL)) {
        return;
    }
    LpFill(Neighbour, 300, 10);
    VideoPortFreePool(Test->Device, Block + 16);         /* interior */
    VideoPortFreePool(Test->Device, (PVOID)Test->Device); /* foreign: the extension */
    VideoPortFreePool(Test->Device, Block);
    VideoPortFreePool(Test->Device, Block); /* double */
    CHECK_EQUAL(Test, LpFirstWrong(Neighbour, 300, 10), 300);
    VideoPortFreePool(Test->Device, Neighbour);
    Block = VideoPortAllocatePool(Test->Device, VpNonPagedPool, 300, LP_POOL_TAG);
    CHECK(Test, Block != NULL);
    VideoPortFreePool(Test->Device, Block);
}

/* ---- POOL-11 ------------------------------------------------------------------------------------------------------------------- */

/* The caller's upper register half is rubbish when a ULONG goes in a 64-bit register. */
typedef VP_STATUS(NTAPI *LP_WIDE_ALLOCATE)(PVOID HwDeviceExtension, ULONG_PTR Size, PVOID *Buffer);

static VOID LpSizeTypes(PLP_TEST Test) {
    union {
        VP_STATUS(NTAPI *Narrow)(PVOID HwDeviceExtension, ULONG Size, PVOID *Buffer);
        LP_WIDE_ALLOCATE Wide;
    } Allocate;
    PVOID Block = NULL;

    if (sizeof(SIZE_T) == sizeof(ULONG)) {
        LpNotApplicable(Test, "registers have 32 bits here");
        return;
    }
    Allocate.Narrow = VideoPortAllocateBuffer;
    CHECK_STATUS(Test, Allocate.Wide(Test->Device, ((ULONG_PTR)0xDEADBEEFu << 16 << 16) | 256, &Block), NO_ERROR);
    if (CHECK(Test, Block != NULL)) {
        LpFill(Block, 256, 11);
        VideoPortReleaseBuffer(Test->Device, Block);
    }
    /* The other one is a SIZE_T: 4 GiB and a bit is not a bit. */
    CHECK(Test, VideoPortAllocatePool(Test->Device, VpPagedPool, ((SIZE_T)4096 << 16 << 16) | 16, LP_POOL_TAG) == NULL);
}

/* ---- POOL-12: the program runs part 1 on eight threads, part 2 at the end -------------------------------------------------------- */

static VOID NTAPI LpAllocateInDpc(PVOID HwDeviceExtension, PVOID Context) {
    PLP_DEVICE Device = HwDeviceExtension;
    PUCHAR Block = VideoPortAllocatePool(Device, VpNonPagedPool, 777, LP_POOL_TAG);

    UNREFERENCED_PARAMETER(Context);
    if (Block != NULL) {
        LpFill(Block, 777, 12);
        Device->Test.Seen[0] += LpFirstWrong(Block, 777, 12) == 777 ? 0 : 1;
        VideoPortFreePool(Device, Block);
    } else {
        Device->Test.Seen[0]++;
    }
    Device->Test.Counter++;
}

static VOID LpQueueAllocation(PLP_TEST Test) {
    (VOID)VideoPortQueueDpc(Test->Device, LpAllocateInDpc, NULL);
}

static VOID LpManyThreads(PLP_TEST Test) {
    ULONG Round;

    switch (Test->Request->Part) {
    case 0:
        CHECK(Test, TRUE);
        break;
    case 1:
        for (Round = 0; Round < 60; Round++) {
            ULONG Bytes = 1 + (ULONG)(Test->Request->Argument[0] * 131 + Round * 37) % 6000;
            PUCHAR Block = VideoPortAllocatePool(Test->Device, LpPoolTypes[Round & 3], Bytes, LP_POOL_TAG);

            if (!CHECK(Test, Block != NULL)) {
                return;
            }
            LpFill(Block, Bytes, Round);
            CHECK_EQUAL(Test, LpFirstWrong(Block, Bytes, Round), Bytes);
            VideoPortFreePool(Test->Device, Block);
            if (Round % 10 == 0) {
                /* The deferred routine allocates and frees too, while the other threads do. */
                LpAtDispatch(Test, LpQueueAllocation);
            }
        }
        break;
    default:
        LpAtDispatch(Test, LpQueueAllocation);
        CHECK(Test, LpWaitFor(&Test->Device->Test.Counter, 1));
        CHECK_EQUAL(Test, Test->Device->Test.Seen[0], 0);
        break;
    }
}

const LP_TEST_ENTRY LpPoolTests[] = {
    {"POOL-01", LpAligned},   {"POOL-02", LpNoOverlap}, {"POOL-03", LpQuota},     {"POOL-04", LpNoMemory},    {"POOL-05", LpNoMemoryOverQuota},
    {"POOL-06", LpLevels},    {"POOL-07", LpCrossFree}, {"POOL-08", LpOddSizes},  {"POOL-09", LpLeaks},       {"POOL-10", LpBadPointers},
    {"POOL-11", LpSizeTypes}, {"POOL-12", LpManyThreads}, {NULL, NULL},
};
