import type { StoredInstance } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import {
  type Caller,
  type CommandOutcome,
  type CreateInstanceRequest,
  InstanceCommands,
  type InstanceRef,
  type InstanceSettings,
  type RunCommand,
  type StopAllOutcome,
} from '../instance-commands.js';
import { ChangeSettings } from './change-settings.js';
import { CreateInstance } from './create-instance.js';
import { RefreshInstance } from './refresh-instance.js';
import { RunCommands } from './run-commands.js';
import { StopAll } from './stop-all.js';

/** All commands behind one port; each is a class of its own. */
@Injectable()
export class ComposedInstanceCommands extends InstanceCommands {
  constructor(
    private readonly creates: CreateInstance,
    private readonly runs: RunCommands,
    private readonly all: StopAll,
    private readonly settings: ChangeSettings,
    private readonly refreshes: RefreshInstance,
  ) {
    super();
  }

  override async create(request: CreateInstanceRequest, caller: Caller, repeatKey?: string): Promise<StoredInstance> {
    return this.creates.create(request, caller, repeatKey);
  }

  override async findCreated(repeatKey: string): Promise<StoredInstance | null> {
    return this.creates.findCreated(repeatKey);
  }

  override async run(
    command: RunCommand,
    id: InstanceRef,
    caller: Caller,
    options?: { readonly ifRevision?: number },
  ): Promise<CommandOutcome> {
    return this.runs.run(command, id, caller, options);
  }

  override async runByName(command: RunCommand, name: string, caller: Caller): Promise<CommandOutcome> {
    return this.runs.runByName(command, name, caller);
  }

  override async changeSettings(
    id: InstanceRef,
    settings: InstanceSettings,
    ifRevision: number | null,
    caller?: Caller,
  ): Promise<StoredInstance> {
    return this.settings.change(id, settings, ifRevision, caller);
  }

  override async stopAll(caller: Caller, options: { readonly dryRun: boolean }): Promise<StopAllOutcome> {
    return this.all.stopAll(caller, options);
  }

  override async refresh(id: InstanceRef, signal: AbortSignal): Promise<StoredInstance> {
    return this.refreshes.refresh(id, signal);
  }
}
