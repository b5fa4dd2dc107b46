import type { PortProtocol } from '@app/instance-store';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/* How an instance is reached, and what runs in it sees. */

export class PortMappingView {
  @ApiProperty({ example: 8080 })
  port!: number;

  @ApiProperty({ enum: ['http', 'tcp'] })
  type!: PortProtocol;

  @ApiPropertyOptional({
    description: 'URL of an http port, `host:port` of a tcp port; absent until Novita names it.',
    example: 'https://5f2c8d1e9a7b4c30-8080.us-ca-6.gpu-instance.novita.ai',
  })
  endpoint?: string;
}

export class SshView {
  @ApiProperty({ example: 'ssh -p 32787 root@proxy.us-ca-6.gpu-instance.novita.ai' })
  command!: string;

  @ApiPropertyOptional({ description: 'Operators and admins only.', example: 'c2FtcGxlIG9ubHk' })
  password?: string;
}

export class WebTerminalView {
  @ApiProperty({ example: 'https://terminal.us-ca-6.gpu-instance.novita.ai/5f2c8d1e9a7b4c30' })
  address!: string;

  @ApiPropertyOptional({ example: 'root' })
  username?: string;

  @ApiPropertyOptional({ description: 'Operators and admins only.', example: 'c2FtcGxlIG9ubHk' })
  password?: string;
}

export class ConnectionDetailsView {
  @ApiPropertyOptional({ type: SshView })
  ssh?: SshView;

  @ApiPropertyOptional({
    description: 'Address of Jupyter.',
    example: 'https://jupyter.us-ca-6.gpu-instance.novita.ai/lab',
  })
  jupyter?: string;

  @ApiPropertyOptional({ type: WebTerminalView })
  webTerminal?: WebTerminalView;
}

export class EnvVarView {
  @ApiProperty({ example: 'MODEL' })
  key!: string;

  @ApiPropertyOptional({ description: 'Operators and admins only.', example: 'llama-3-8b' })
  value?: string;
}

export class PortProbeView {
  @ApiProperty({ example: 8080 })
  port!: number;

  @ApiProperty({ enum: ['http', 'tcp'] })
  protocol!: PortProtocol;

  @ApiProperty({ example: true })
  ok!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-03-01T10:00:00.000Z' })
  at!: string;

  @ApiProperty({ description: 'HTTP status, or the reason of the failure.', example: '200' })
  detail!: string;
}
