"""A customer comes in, asks, wants a person and comes back; with the real customers behind."""

from bot.customers.model import UNIONID
from bot.customers.service import CustomerService, customer_for
from tests.simulators.wecom import USER


async def test_from_the_welcome_to_a_person_and_back(make_world):
    world = await make_world(wecom_hand_over="pool")
    await world.wecom.enters()
    await world.read()
    await world.send(seconds=1)
    await world.wecom.taps("转人工")
    await world.read(seconds=3)
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    await world.wecom.servicer_takes("zhang")
    await world.wecom.servicer_says("您好，我是小张")
    await world.hear("我的件破损了")
    await world.wecom.servicer_says("已为您登记理赔")
    await world.wecom.servicer_ends()
    await world.read(seconds=3)
    await world.hear("谢谢")
    await world.say("不客气")

    texts = [(each.author, each.text) for each in await world.log()]
    assert texts[1] == ("customer", "转人工")
    assert texts[3:] == [
        ("agent", "您好，我是小张"),
        ("customer", "我的件破损了"),
        ("agent", "已为您登记理赔"),
        ("customer", "谢谢"),
        ("bot", "不客气"),
    ]
    assert world.screen[-1] == "不客气"


async def test_the_same_unionid_is_the_same_customer(make_world, database, clock):
    world = await make_world(wecom_unionid=True)
    customers = CustomerService(database, clock)
    async with database.transaction() as session:
        known = await customer_for(session, "wechat", "oFollower", at=clock())
        await customers.note_identity(session, known.id, UNIONID, "u-1", clock())
    world.phone.unionid = "u-1"
    await world.hear("你好")
    [(customer_id, unionid)] = world.customers.told
    async with database.transaction() as session:
        merged = await customers.unionid(session, customer_id, unionid, clock())
        here = await customer_for(session, "wecom", USER, at=clock())

    assert here.id == merged == (await world.conversation()).customer_id
    names = {(each.channel, each.external_id) for each in await customers.identities(merged)}
    assert {("wechat", "oFollower"), ("wecom", USER), (UNIONID, "u-1")} <= names
