from tests.api.time.world import TimeWorld


async def test_w(time_world: TimeWorld, time_client):
    print(time_world)
