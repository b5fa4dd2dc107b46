import { type KubernetesFace, type KubernetesFaceOptions, startKubernetesFace } from '@app/sandbox';
import { ApiserverCaller } from './apiserver-caller.js';
import type { QuestionedServer } from './apiserver-questions.js';

const TOKEN = 'token-of-the-administrator';

/** The sandbox's cluster as one that can be asked what a real one is asked. */
export class QuestionedFace implements QuestionedServer {
  readonly caller: ApiserverCaller;

  private constructor(private readonly face: KubernetesFace) {
    this.caller = new ApiserverCaller(face.url, TOKEN, null);
  }

  static async start(options: KubernetesFaceOptions = {}): Promise<QuestionedFace> {
    return new QuestionedFace(await startKubernetesFace({ token: TOKEN, ...options }));
  }

  async compact(): Promise<void> {
    this.face.compact();
  }

  /** It knows no rights; who has none is played by a fault. */
  async asNobody(call: Parameters<QuestionedServer['asNobody']>[0]): ReturnType<QuestionedServer['asNobody']> {
    this.face.fault({ effect: 'forbidden', times: 1 });
    return this.caller.call(call);
  }

  async stop(): Promise<void> {
    await this.caller.close();
    await this.face.close();
  }
}
