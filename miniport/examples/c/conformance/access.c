/*
 * access.c - ACC-01: the register accessors; ACC-02: the port accessors
 */
#include "conformance.h"

static VOID LpSingleRegisters(PLP_TEST Test) {
    PUCHAR Window = Test->Device->Window;

    VideoPortWriteRegisterUlong((PULONG)(PVOID)Window, 0x44332211u);
    CHECK_EQUAL(Test, VideoPortReadRegisterUlong((PULONG)(PVOID)Window), 0x44332211u);
    CHECK_EQUAL(Test, VideoPortReadRegisterUshort((PUSHORT)(PVOID)Window), 0x2211);
    CHECK_EQUAL(Test, VideoPortReadRegisterUshort((PUSHORT)(PVOID)(Window + 2)), 0x4433);
    CHECK_EQUAL(Test, VideoPortReadRegisterUchar(Window + 3), 0x44);
    /* One width, nothing beside it. */
    VideoPortWriteRegisterUchar(Window + 1, 0xAA);
    CHECK_EQUAL(Test, VideoPortReadRegisterUlong((PULONG)(PVOID)Window), 0x4433AA11u);
    VideoPortWriteRegisterUshort((PUSHORT)(PVOID)(Window + 2), 0xBBCC);
    CHECK_EQUAL(Test, VideoPortReadRegisterUlong((PULONG)(PVOID)Window), 0xBBCCAA11u);
    LpWrite(Test->Device, LP_ID_SCRATCH, 0x600DF00Du);
    CHECK_EQUAL(Test, LpRead(Test->Device, LP_ID_SCRATCH), 0x600DF00Du);
}

/* Register buffers step through memory. */
static VOID LpRegisterBuffers(PLP_TEST Test) {
    PUCHAR Window = Test->Device->Window;
    UCHAR Bytes[24], Back[24];

    LpFill(Bytes, sizeof(Bytes), 21);
    VideoPortWriteRegisterBufferUchar(Window, Bytes, 8);
    VideoPortWriteRegisterBufferUshort((PUSHORT)(PVOID)(Window + 8), (PUSHORT)(PVOID)(Bytes + 8), 4);
    VideoPortWriteRegisterBufferUlong((PULONG)(PVOID)(Window + 16), (PULONG)(PVOID)(Bytes + 16), 2);
    VideoPortReadRegisterBufferUchar(Window, Back, 24);
    CHECK_EQUAL(Test, LpFirstWrong(Back, 24, 21), 24);
    VideoPortZeroMemory(Back, sizeof(Back));
    VideoPortReadRegisterBufferUshort((PUSHORT)(PVOID)Window, (PUSHORT)(PVOID)Back, 12);
    CHECK_EQUAL(Test, LpFirstWrong(Back, 24, 21), 24);
    VideoPortZeroMemory(Back, sizeof(Back));
    VideoPortReadRegisterBufferUlong((PULONG)(PVOID)Window, (PULONG)(PVOID)Back, 6);
    CHECK_EQUAL(Test, LpFirstWrong(Back, 24, 21), 24);
}

static VOID LpRegisters(PLP_TEST Test) {
    LpSingleRegisters(Test);
    LpRegisterBuffers(Test);
}

/* The card decodes no ports. Nobody answers at this one: reads give all ones, writes go nowhere. */
#define LP_NO_PORT 0xFF00u

static VOID LpPorts(PLP_TEST Test) {
    PUCHAR Port = (PUCHAR)(ULONG_PTR)LP_NO_PORT;
    PUSHORT Port16 = (PUSHORT)(PVOID)Port;
    PULONG Port32 = (PULONG)(PVOID)Port;
    union {
        UCHAR Bytes[16];
        USHORT Words[8];
        ULONG Longs[4];
    } Data;

    VideoPortWritePortUchar(Port, 0x12);
    VideoPortWritePortUshort(Port16, 0x1234);
    VideoPortWritePortUlong(Port32, 0x12345678u);
    CHECK_EQUAL(Test, VideoPortReadPortUchar(Port), 0xFF);
    CHECK_EQUAL(Test, VideoPortReadPortUshort(Port16), 0xFFFF);
    CHECK_EQUAL(Test, VideoPortReadPortUlong(Port32), 0xFFFFFFFFu);
    VideoPortZeroMemory(&Data, sizeof(Data));
    VideoPortWritePortBufferUchar(Port, Data.Bytes, 3);
    VideoPortWritePortBufferUshort(Port16, Data.Words, 3);
    VideoPortWritePortBufferUlong(Port32, Data.Longs, 3);
    /* As many elements as asked, and not one more. */
    VideoPortReadPortBufferUchar(Port, Data.Bytes, 3);
    CHECK_EQUAL(Test, Data.Longs[0], 0x00FFFFFFu);
    VideoPortReadPortBufferUshort(Port16, Data.Words, 3);
    CHECK_EQUAL(Test, Data.Longs[1], 0x0000FFFFu);
    VideoPortReadPortBufferUlong(Port32, Data.Longs, 3);
    CHECK_EQUAL(Test, Data.Longs[2], 0xFFFFFFFFu);
    CHECK_EQUAL(Test, Data.Longs[3], 0);
}

const LP_TEST_ENTRY LpAccessTests[] = {{"ACC-01", LpRegisters}, {"ACC-02", LpPorts}, {NULL, NULL}};
