import { type Command, Redis } from 'ioredis';

/** The server has not seen the command, and will not. It says what its cause says. */
export class CommandNotSentError extends Error {
  override readonly name = 'CommandNotSentError';
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message);
    this.cause = cause;
  }
}

/**
 * A connection whose commands fail instead of waiting through an outage, and that knows which of them it never sent:
 * ioredis fails those that were sent and those that still wait for a connection with the same error.
 */
export class FailingFastRedis extends Redis {
  private readonly known = new WeakSet<Command>();

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    // What goes out as part of a pipeline is written by the pipeline.
    if (stream !== undefined) return super.sendCommand(command, stream);
    if (!this.known.has(command)) this.follow(command);
    // It waited for a connection until its time was over: its caller was told that it failed.
    else if (command.isSettled) return command.promise;
    return super.sendCommand(command);
  }

  private follow(command: Command): void {
    let isSent = false;
    const { reject } = command;
    const toWritable = command.toWritable.bind(command);
    command.toWritable = (socket) => {
      isSent = true;
      return toWritable(socket);
    };
    command.reject = (error) => reject(isSent ? error : new CommandNotSentError(error));
    this.known.add(command);
  }
}
