import { Module } from '@nestjs/common';
import { InstancesApiModule } from '../instances/instances.module.js';
import { BillController } from './bill.controller.js';
import { EnforceSpendController } from './enforce.controller.js';
import { SpendController } from './spend.controller.js';
import { SpendDaysController } from './spend-days.controller.js';

/** What the fleet costs. */
@Module({
  imports: [InstancesApiModule],
  controllers: [BillController, EnforceSpendController, SpendController, SpendDaysController],
})
export class SpendApiModule {}
