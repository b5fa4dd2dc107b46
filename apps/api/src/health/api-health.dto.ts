import { ApiProperty } from '@nestjs/swagger';
import { SyncStatusDocument } from '../sync/sync-status.dto.js';

export class ApiHealthView {
  @ApiProperty({ enum: ['ok', 'degraded', 'error', 'shutting_down'], example: 'ok' })
  status!: 'ok' | 'degraded' | 'error' | 'shutting_down';

  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  timestamp!: string;

  @ApiProperty({ type: SyncStatusDocument, description: 'The same as `GET /api/v1/sync/status`.' })
  sync!: SyncStatusDocument;
}
