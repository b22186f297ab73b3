/*
 * rectangle.c - pixels between a buffer of the caller and the frame, by DMA
 *
 * The buffer is locked once; whole rows go as one two-dimensional transfer, a row that the port cut goes in pieces.
 */
#include "lumenport.h"

typedef struct _LP_WALK {
    ULONG RowBytes;
    ULONG HostPitch;
    ULONG CardPitch;
    ULONG CardAddress; /* of the first byte of row 0 */
    ULONG Rows;
    ULONG Row;    /* next row */
    ULONG Column; /* next byte of it: not 0 while a row is cut */
} LP_WALK;

/* What the granted bytes cover: whole rows when there is one, else the part of this row. */
static VOID LpChooseRows(LP_FLIGHT *Flight) {
    const LP_WALK *Walk = Flight->ChooseContext;
    LP_PIECE *Piece = &Flight->Piece;
    ULONG Left = Walk->RowBytes - Walk->Column;

    Piece->HostPitch = Walk->HostPitch;
    Piece->CardPitch = Walk->CardPitch;
    Piece->CardAddress = Walk->CardAddress + Walk->Row * Walk->CardPitch + Walk->Column;
    Piece->Rows = 1;
    Piece->Length = Flight->Granted < Left ? Flight->Granted : Left;
    if (Walk->Column == 0 && Flight->Granted >= Walk->RowBytes) {
        Piece->Rows = 1 + (Flight->Granted - Walk->RowBytes) / Walk->HostPitch;
        if (Piece->Rows > 0xFFFF) {
            Piece->Rows = 0xFFFF;
        }
    }
    if (Piece->Rows == 1 && Piece->HostPitch < Piece->Length) {
        Piece->HostPitch = Piece->Length;
    }
}

static VOID LpAdvance(LP_WALK *Walk, const LP_PIECE *Piece) {
    if (Piece->Length == Walk->RowBytes) {
        Walk->Row += Piece->Rows;
        return;
    }
    Walk->Column += Piece->Length;
    if (Walk->Column == Walk->RowBytes) {
        Walk->Column = 0;
        Walk->Row++;
    }
}

static VP_STATUS LpMoveRows(PLP_DEVICE Device, PVOID Mdl, LP_WALK *Walk, BOOLEAN ToScreen, LP_RECTANGLE_RESULT *Result) {
    ULONG End = (Walk->Rows - 1) * Walk->HostPitch + Walk->RowBytes;

    while (Walk->Row < Walk->Rows) {
        ULONG Offset = Walk->Row * Walk->HostPitch + Walk->Column;
        ULONG Granted;
        VP_STATUS Status = LpDmaOperation(Device, Mdl, Offset, End - Offset, ToScreen, LpChooseRows, Walk, &Granted);

        if (Status != NO_ERROR) {
            return Status;
        }
        Result->Operations++;
        Result->Bytes += Device->Flight.Piece.Length * Device->Flight.Piece.Rows;
        LpAdvance(Walk, &Device->Flight.Piece);
    }
    return NO_ERROR;
}

static BOOLEAN LpFits(const LP_RECTANGLE *Rectangle, const LP_MODE *Mode) {
    ULONG Width = Mode->Timing->H[0];
    ULONG Height = Mode->Timing->V[0];

    return Rectangle->Width != 0 && Rectangle->Height != 0 && Rectangle->Left < Width && Rectangle->Top < Height &&
           Rectangle->Width <= Width - Rectangle->Left && Rectangle->Height <= Height - Rectangle->Top &&
           Rectangle->Pitch >= Rectangle->Width * Mode->BytesPerPixel && Rectangle->Pitch <= 0x100000u;
}

VP_STATUS LpUpdateRectangle(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    LP_RECTANGLE_RESULT Result = {0, 0};
    LP_RECTANGLE Rectangle;
    VP_STATUS Status;
    ULONG Bytes;
    LP_MODE Mode;
    LP_WALK Walk;
    PVOID Mdl;

    if (Packet->InputBufferLength < sizeof(Rectangle) || Packet->OutputBufferLength < sizeof(Result)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    /* Input and output are the same memory. */
    VideoPortMoveMemory(&Rectangle, Packet->InputBuffer, sizeof(Rectangle));
    if (Device->CurrentMode == LP_NO_MODE || !LpModeAt(Device, Device->CurrentMode, &Mode) || !LpFits(&Rectangle, &Mode)) {
        return ERROR_INVALID_PARAMETER;
    }
    VideoPortZeroMemory(&Walk, sizeof(Walk));
    Walk.RowBytes = Rectangle.Width * Mode.BytesPerPixel;
    Walk.HostPitch = Rectangle.Pitch;
    Walk.CardPitch = Mode.PitchBytes;
    Walk.CardAddress = Rectangle.Top * Mode.PitchBytes + Rectangle.Left * Mode.BytesPerPixel;
    Walk.Rows = Rectangle.Height;
    /* Height is at most 1080 and the pitch 1 MiB: the product fits 32 bits. */
    Bytes = (Walk.Rows - 1) * Walk.HostPitch + Walk.RowBytes;
    Mdl = VideoPortLockBuffer(Device, (PVOID)(ULONG_PTR)Rectangle.Buffer, Bytes,
                              Rectangle.ToScreen ? VpReadAccess : VpWriteAccess);
    if (Mdl == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    Status = LpMoveRows(Device, Mdl, &Walk, Rectangle.ToScreen != 0, &Result);
    VideoPortUnlockBuffer(Device, Mdl);
    if (Status == NO_ERROR) {
        VideoPortMoveMemory(Packet->OutputBuffer, &Result, sizeof(Result));
        Packet->StatusBlock->Information = sizeof(Result);
    }
    return Status;
}
